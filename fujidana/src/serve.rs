//! `fujidana serve`: the web server, the workers, and a calm stop.
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use base::Clock;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use web::Site;

use crate::arguments::Arguments;
use crate::installation::Installation;

pub const OPTIONS: [&str; 3] = ["data", "database", "listen"];

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&OPTIONS)?;
    let installation = Installation::open(arguments, &Clock::system())?;
    runtime()?.block_on(async {
        let Some((city, sample)) = installation.city().await? else {
            bail!("まだ市がありません。見本の市は fujidana demo でつくれます");
        };
        let site = installation.site(city, sample).await?;
        listen(site, arguments).await
    })
}

/// Reads of the embedded engine run on these threads, so there is one a core.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().context("実行環境をつくれません")
}

/// Serves until a signal comes; requests in hand are finished.
pub async fn listen(site: Site, arguments: &Arguments) -> Result<()> {
    events::start(site.inside(), site.follow_ups());
    let address = arguments.text("listen").unwrap_or("127.0.0.1:8080");
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("{address} で待ち受けられません"))?;
    let stopped = stopped()?;
    println!("{} を開いています: http://{}/", site.city().name, shown(listener.local_addr()?));
    let (router, _) = web::serve_routes(site);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stopped).await?;
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
            tokio::time::sleep(std::time::Duration::from_secs(3)).await;
            std::process::exit(0);
        });
    })
}
