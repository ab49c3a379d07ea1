//! Shells in containers that a learner types into: `kubectl exec -it`, `kubectl run -it`, `kubectl attach -it`.
mod learner;
use cluster::{Topology, World};
use learner::{run, type_in};
use simcore::{Duration, Time};

fn booted() -> World {
    let mut world = World::boot(&Topology::kubeadm(1), 5, Vec::new());
    world.run_until(Time::START + Duration::secs(20));
    world
}

/// Types into the command that runs, and gives what it printed within some seconds.
fn say(world: &mut World, line: &str) -> String {
    let before = world.terminal.printed.len();
    world.type_line(line);
    run(world, 4);
    world.terminal.printed[before..].iter().map(|chunk| chunk.text.as_str()).collect()
}

fn phase(world: &mut World, pod: &str) -> String {
    type_in(world, &format!("kubectl get pod {pod} -o jsonpath='{{.status.phase}} {{.status.containerStatuses[0].restartCount}}'"))
}

#[test]
fn a_shell_remembers_what_was_said_before_and_each_line_stands_there_once() {
    let mut world = booted();
    type_in(&mut world, "kubectl run box --image=busybox:1.36 -- sleep infinity");
    run(&mut world, 6);
    assert_eq!(say(&mut world, "kubectl exec -it box -- sh"), "/ # ");
    assert_eq!(say(&mut world, "WHO=me"), "/ # ");
    assert_eq!(say(&mut world, "echo hello $WHO"), "hello me\n/ # ");
    assert_eq!(say(&mut world, "nosuchtool"), "sh: nosuchtool: not found\n/ # ");
    assert_eq!(say(&mut world, "exit 3"), "command terminated with exit code 3\n");
    assert!(!world.busy());
    assert_eq!(phase(&mut world, "box"), "Running 0", "the container's own process goes on");
    assert_eq!(type_in(&mut world, "echo 'X=5; echo $X; exit 4' | kubectl exec -i box -- sh"), "5\ncommand terminated with exit code 4\n");
}

#[test]
fn the_end_of_the_shell_that_a_container_was_started_with_is_the_end_of_the_container() {
    let mut world = booted();
    let said = say(&mut world, "kubectl run once -it --image=busybox:1.36 --restart=Never -- sh");
    assert!(said.ends_with("If you don't see a command prompt, try pressing enter.\n/ # "), "{said}");
    assert_eq!(say(&mut world, "exit"), "");
    assert_eq!(phase(&mut world, "once"), "Succeeded 0");

    say(&mut world, "kubectl run gone -it --rm --image=busybox:1.36 --restart=Never");
    assert_eq!(say(&mut world, "exit 3"), "pod \"gone\" deleted from default namespace\npod default/gone terminated (Error)\n");
    assert!(type_in(&mut world, "kubectl get pod gone").contains("NotFound"));

    say(&mut world, "kubectl run again -it --image=busybox:1.36 -- sh");
    assert_eq!(say(&mut world, "exit"), "Session ended, resume using 'kubectl attach again -c again -n default -i -t' command\n");
    run(&mut world, 15);
    assert_eq!(phase(&mut world, "again"), "Running 1", "with restartPolicy Always it is started again");
    say(&mut world, "kubectl attach -it again");
    assert_eq!(say(&mut world, "hostname"), "again\n/ # ");
    world.end_of_input();
    run(&mut world, 4);
    assert!(!world.busy(), "the end of input ends the shell");
}
