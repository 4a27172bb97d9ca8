//! Where the site is reached, and who reaches it through a proxy.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use oidc::Directory;

use crate::guard::terminal;
use crate::{PageError, Site};

/// What the operator says about the way to this site.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// As browsers name the site: 「https://desk.city.example.jp」, without a path.
    pub origin: String,
    /// Proxies of our own, whose word about the client is taken.
    pub trusted_proxies: Vec<IpAddr>,
    /// The city's own directory of staff.
    pub directory: Option<Arc<Directory>>,
}

/// The network address of who asks, for pages before sign-in; [`crate::Desk`] knows it afterwards.
pub(crate) struct Client(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = PageError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        Ok(Self(terminal(parts.extensions.get::<ConnectInfo<SocketAddr>>())))
    }
}

/// Behind a proxy of our own the client is whom the proxy names, for every record and every count.
pub(crate) async fn see_client(site: Site, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let client = client(peer.ip(), request.headers(), &site.reach().trusted_proxies);
        let seen = ConnectInfo(SocketAddr::new(client, peer.port()));
        request.extensions_mut().insert(seen);
    }
    next.run(request).await
}

/// The last hop that is none of our proxies: what stands before it anybody may have written.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let mut client = peer.to_canonical();
    let named = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = named.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in named.iter().rev() {
        if !trusted.contains(&client) {
            break;
        }
        let Ok(hop) = hop.parse::<IpAddr>() else { break };
        client = hop.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_the_last_hop_that_is_not_ours() {
        let trusted: Vec<IpAddr> = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().expect("an address")).into();
        for (peer, named, expected) in [
            // No proxy of ours: what the client says about itself is nothing.
            ("192.0.2.7", &["203.0.113.9"][..], "192.0.2.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["203.0.113.9, nonsense"], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["2001:db8::7"], "2001:db8::7"),
        ] {
            let mut headers = HeaderMap::new();
            for value in named {
                headers.append("x-forwarded-for", value.parse().expect("a header"));
            }
            let seen = client(peer.parse().expect("an address"), &headers, &trusted);
            assert_eq!(seen.to_string(), expected, "{peer} {named:?}");
        }
    }
}
