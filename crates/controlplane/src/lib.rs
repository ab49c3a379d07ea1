//! Controllers and the scheduler, each a pure decision over a view. Knows no kubelet and no network.
