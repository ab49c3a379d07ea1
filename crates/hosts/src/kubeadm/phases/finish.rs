//! The last words of `kubeadm init`.
use crate::call::{Call, Step};
use crate::kubeadm::certs;
use crate::kubeadm::init::Work;

/// How to use the cluster and how others join it. The worker's line is not indented and ends with a space.
pub fn show(call: &mut Call, work: &mut Work) -> Step<()> {
    let admin = format!("{}/admin.conf", work.kubeconfigs());
    call.say("\nYour Kubernetes control-plane has initialized successfully!\n\nTo start using your cluster, you need to run the following as a regular user:\n");
    call.say(format_args!(
        "  mkdir -p $HOME/.kube\n  sudo cp -i {admin} $HOME/.kube/config\n  sudo chown $(id -u):$(id -g) $HOME/.kube/config\n"
    ));
    call.say("Alternatively, if you are the root user, you can run:\n\n  export KUBECONFIG=/etc/kubernetes/admin.conf\n");
    call.say("You should now deploy a pod network to the cluster.\nRun \"kubectl apply -f [podnetwork].yaml\" with one of the options listed at:\n  https://kubernetes.io/docs/concepts/cluster-administration/addons/\n");
    let server = work.config.server();
    let endpoint = server.trim_start_matches("https://");
    let token = match work.hide_token {
        true => "<value withheld>".to_string(),
        false => work.config.node.get("bootstrapTokens").items().first().map(|one| one.get("token").text().to_string()).unwrap_or_default(),
    };
    let hash = certs::authority_hash(call, &work.pki())?;
    let join = format!("kubeadm join {endpoint} --token {token} \\\n\t--discovery-token-ca-cert-hash sha256:{hash} ");
    if !work.config.cluster.get("controlPlaneEndpoint").is_empty() {
        control_planes(call, work, &join);
    }
    call.say("Then you can join any number of worker nodes by running the following on each as root:\n");
    call.say(join);
    Ok(())
}

fn control_planes(call: &mut Call, work: &Work, join: &str) {
    if !work.upload_certs {
        call.say("You can now join any number of control-plane nodes by copying certificate authorities\nand service account keys on each node and then running the following as root:\n");
        call.say(format_args!("  {join}\\\n\t--control-plane \n"));
        return;
    }
    let key = if work.hide_key { "<value withheld>" } else { &work.key };
    call.say("You can now join any number of control-plane nodes running the following command on each as root:\n");
    call.say(format_args!("  {join}\\\n\t--control-plane --certificate-key {key}\n"));
    call.say("Please note that the certificate-key gives access to cluster sensitive data, keep it secret!\nAs a safeguard, uploaded-certs will be deleted in two hours; If necessary, you can use\n\"kubeadm init phase upload-certs --upload-certs\" to reload certs afterward.\n");
}
