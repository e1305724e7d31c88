// This machine's trust roots, which base images carry: steps fetch packages through whatever stands between them and a registry.

export const trustRoots = "/etc/ssl/certs/ca-certificates.crt";
