//! nginx as a reference server: mutual TLS 1.3, no tickets, a constant answer.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::floor::constant_body;
use crate::material::{CA_PEM, Material, SERVER_KEY, SERVER_PEM};
use crate::process::Server;

/// Starts nginx with one worker; gives its port too.
pub(crate) fn start(
    program: &Path,
    material: &Material,
    body_bytes: usize,
) -> Result<(Server, u16)> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let directory = material.directory.join("nginx");
    std::fs::create_dir_all(&directory)?;
    let file = directory.join("nginx.conf");
    std::fs::write(
        &file,
        configuration(&material.directory, &directory, port, body_bytes),
    )?;
    let (file, prefix) = (file.display().to_string(), directory.display().to_string());
    let log = directory.join("nginx.log");
    let arguments = ["-e", "stderr", "-p", &prefix, "-c", &file];
    let server = Server::start("nginx", program, &arguments, Some(&log))?;
    for _ in 0..100 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok((server, port));
        }
        // nginx does not tell when it listens: it is asked again, five seconds long.
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!(
        "nginx does not listen: {}",
        std::fs::read_to_string(log).unwrap_or_default()
    )
}

fn configuration(material: &Path, directory: &Path, port: u16, body_bytes: usize) -> String {
    let (material, directory) = (material.display(), directory.display());
    let body = constant_body(body_bytes);
    format!(
        "daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type application/json;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_timeout 60s;
    keepalive_requests 100000000;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_protocols TLSv1.3;
        ssl_ecdh_curve X25519;
        ssl_certificate {material}/{SERVER_PEM};
        ssl_certificate_key {material}/{SERVER_KEY};
        ssl_client_certificate {material}/{CA_PEM};
        ssl_verify_client on;
        ssl_session_tickets off;
        ssl_session_cache off;
        location / {{ return 200 '{body}'; }}
    }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nginx_verifies_clients_and_gives_no_tickets() {
        let text = configuration(Path::new("m"), Path::new("d"), 1, 100);
        for line in [
            "ssl_verify_client on;",
            "ssl_session_tickets off;",
            "ssl_ecdh_curve X25519;",
        ] {
            assert!(text.contains(line), "{line}");
        }
    }
}
