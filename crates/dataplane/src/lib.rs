//! Hosts, kubelets, container runtimes and images as data. Knows no controller.
