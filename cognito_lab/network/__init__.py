"""The network inside the kernel: messages, hosts and what is said between them. Nothing here is AWS's."""
