//! `fujidana serve`: the web server, the workers, and a calm stop.
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::serve::ListenerExt;
use base::Clock;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use web::Site;

use crate::arguments::Arguments;
use crate::installation::Installation;
use crate::tls::Tls;
use crate::{drill, log_keeper, reach};

pub const OPTIONS: [&str; 19] = [
    "data",
    "database",
    "keys",
    "checkpoints",
    "listen",
    "tls-cert",
    "tls-key",
    "papers",
    "origin",
    "trusted-proxy",
    "oidc-issuer",
    "oidc-client",
    "oidc-strong",
    "oidc-ca",
    "backup",
    "backup-alarm",
    "backup-every",
    "keep-days",
    "drill-hour",
];

/// For the last commits to reach the store of copies; what does not waits in the spool.
const LAST_COPY: Duration = Duration::from_secs(2);

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&OPTIONS)?;
    let tls = Tls::from_arguments(arguments, &Clock::system())?;
    let installation = Installation::open(arguments, &Clock::system())?;
    runtime()?.block_on(async {
        let Some((city, sample)) = installation.city().await? else {
            bail!("まだ市がありません。見本の市は fujidana demo でつくれます");
        };
        let site = installation.site(city, sample).await?;
        listen(&installation, site, arguments, tls).await
    })
}

/// Reads of the embedded engine run on these threads, so there is one a core.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().context("実行環境をつくれません")
}

/// Serves until a signal comes; requests in hand are finished.
pub async fn listen(
    installation: &Installation,
    site: Site,
    arguments: &Arguments,
    tls: Option<Tls>,
) -> Result<()> {
    log_keeper::start(site.clone(), installation.keys.clone(), log_keeper::folder(arguments));
    events::start(site.inside(), site.follow_ups());
    residents::start_letters(&site);
    statistics::start(site.clone());
    let copy = installation.start_copy()?;
    let site = drill::watched(installation, site, arguments, copy.clone()).await?;
    let address = arguments.text("listen").unwrap_or("127.0.0.1:8080");
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("{address} で待ち受けられません"))?;
    let stopped = stopped()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let shown = format!("{scheme}://{}", shown(listener.local_addr()?));
    println!("{} を開いています: {shown}/", site.city().name);
    let site = site.reached(reach::reach(arguments, &installation.keys, &shown)?);
    let (router, _) = web::serve_routes(site.clone());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        None => axum::serve(listener, service).with_graceful_shutdown(stopped).await?,
        Some(tls) => {
            tls.watch(site);
            // With a closure, because axum knows the peer's address of such listeners alone.
            let listener = tls.over(listener).tap_io(|stream| drop(stream.get_ref().0.set_nodelay(true)));
            axum::serve(listener, service).with_graceful_shutdown(stopped).await?;
        }
    }
    if let Some(copy) = copy {
        copy.stop(LAST_COPY);
    }
    Ok(())
}

/// Browsers keep the session's cookie for `localhost`, so that is what we print.
fn shown(address: SocketAddr) -> String {
    if address.ip().is_loopback() { format!("localhost:{}", address.port()) } else { address.to_string() }
}

/// Ends when the program is told to stop. The signals are taken from the moment of the call.
fn stopped() -> Result<impl Future<Output = ()>> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        // Streams of followers' boards stay open for seconds: nobody waits for them.
        tokio::spawn(async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            std::process::exit(0);
        });
    })
}
