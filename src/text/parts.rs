//! What each component of a cluster is for, in both languages.

/// In English, by its program; empty for one that nobody knows.
pub fn en(program: &str) -> &'static str {
    match program {
        "kube-apiserver" => {
            "The cluster's only counter. kubectl, controllers and kubelets talk to nobody else, and nobody else reads or writes etcd. Without it, containers that run and the rules of Services go on."
        }
        "etcd" => {
            "The database that holds every object of the cluster. Only the API server talks to it. Without a majority of its members nothing can be written."
        }
        "kube-controller-manager" => {
            "One process with dozens of controllers. Each compares what is wanted with what is there and mends the difference. It starts no container itself: it makes and changes objects through the API server."
        }
        "kube-scheduler" => "Chooses a node for each Pod that has none. It only chooses; the kubelet of that node starts the Pod.",
        "kubelet" => {
            "Starts the Pods of its node, probes them and reports their state. It renews a Lease every 10 seconds, which says that the node is alive."
        }
        "containerd" => "The container runtime. It pulls images, makes containers and stops them, as the kubelet tells it.",
        "kube-proxy" => {
            "Writes the rules of Services into its node's kernel. No packet passes through this process, so the rules that are written stay when it stops."
        }
        "sqlite" => {
            "With one server K3s keeps the cluster's state in a SQLite file. Kine, a part of k3s, turns what the API server says to etcd into SQL."
        }
        _ => "",
    }
}

/// In Korean, by its program; empty for one that nobody knows.
pub fn ko(program: &str) -> &'static str {
    match program {
        "kube-apiserver" => {
            "클러스터의 유일한 창구입니다. kubectl도 컨트롤러도 kubelet도 여기에만 말을 걸고, etcd는 여기서만 읽고 씁니다. 멈춰도 이미 도는 컨테이너와 서비스의 규칙은 그대로 돕니다."
        }
        "etcd" => {
            "클러스터의 모든 오브젝트가 적혀 있는 데이터베이스입니다. API 서버만 여기에 말을 겁니다. 과반수의 멤버가 없으면 아무것도 쓸 수 없습니다."
        }
        "kube-controller-manager" => {
            "원하는 상태와 지금 상태를 견주어 차이를 메우는 컨트롤러 수십 개가 든 프로세스입니다. 스스로 컨테이너를 띄우지는 않고, API 서버에 오브젝트를 만들고 고칩니다."
        }
        "kube-scheduler" => "노드가 정해지지 않은 파드마다 노드를 고릅니다. 고르기만 하고, 띄우는 것은 그 노드의 kubelet입니다.",
        "kubelet" => {
            "자기 노드에 배정된 파드를 띄우고, 프로브로 살피고, 상태를 알립니다. 10초마다 리스를 갱신해 노드가 살아 있음을 알립니다."
        }
        "containerd" => "컨테이너 런타임입니다. kubelet이 시키는 대로 이미지를 받고, 컨테이너를 만들고 멈춥니다.",
        "kube-proxy" => {
            "서비스의 규칙을 자기 노드의 커널에 적습니다. 패킷은 이 프로세스를 거치지 않으므로, 멈춰도 이미 적힌 규칙은 그대로입니다."
        }
        "sqlite" => {
            "K3s는 서버가 하나이면 클러스터의 상태를 SQLite 파일 하나에 둡니다. k3s 안의 kine이 API 서버가 etcd에 하는 말을 SQL로 옮깁니다."
        }
        _ => "",
    }
}
