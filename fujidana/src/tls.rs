//! TLS of the program itself: `--tls-cert FILE --tls-key FILE` (DESIGN §2). TLS 1.2 and 1.3 for HTTP/1.1; a renewed
//! certificate is taken up without a restart.
mod validity;

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use axum::serve::Listener;
use base::{At, Clock};
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error, InconsistentKeys, ServerConfig, crypto::ring};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use web::{Site, health::Certificate};

use crate::arguments::{Arguments, WrongUsage};

/// Between two looks at the files.
const LOOK: Duration = Duration::from_secs(5);
/// A client that has not agreed on a connection by then is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections that are agreed on and wait for the server.
const WAITING: usize = 64;

/// The two files, and what is in force of them. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    inner: Arc<Inner>,
}

struct Inner {
    files: Files,
    taken: Mutex<Taken>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

struct Taken {
    /// The versions of the files that were looked at last, whether they were good or not.
    stamps: [Option<Stamp>; 2],
    config: Arc<ServerConfig>,
    shown: Certificate,
}

/// Tells one version of a file from the next; follows the symbolic links of renewal programs.
type Stamp = (u64, u64, i64, i64);

impl Tls {
    /// `None` without `--tls-cert` and `--tls-key`.
    ///
    /// # Errors
    /// A file is missing or is not what it should be, the two do not belong together, or the certificate does not
    /// count today; told with the file and what to do.
    pub fn from_arguments(arguments: &Arguments, clock: &Clock) -> Result<Option<Self>> {
        let files = match (arguments.text("tls-cert"), arguments.text("tls-key")) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => Files { certificate: certificate.into(), key: key.into() },
            _ => return Err(WrongUsage("--tls-cert と --tls-key はそろえて使います".to_owned()).into()),
        };
        if arguments.text("origin").is_some_and(|origin| !origin.starts_with("https://")) {
            let told = "--tls-cert を使うときの --origin は https:// で始まります".to_owned();
            return Err(WrongUsage(told).into());
        }
        let stamps = files.stamps();
        let (config, ends_at) = files.load(clock.now())?;
        files.warn_of_readers();
        let shown = Certificate { ends_at, trouble: None };
        let taken = Mutex::new(Taken { stamps, config, shown });
        Ok(Some(Self { inner: Arc::new(Inner { files, taken }) }))
    }

    /// Tells the page 「装置のようす」, and looks after the files for as long as the program runs.
    pub fn watch(&self, site: Site) {
        let own = self.clone();
        tokio::spawn(async move {
            loop {
                let Some(watch) = site.watch() else { return };
                watch.shows(own.look(site.inside().clock().now()));
                tokio::time::sleep(LOOK).await;
            }
        });
    }

    /// Takes a changed file up; a bad one leaves what was in force.
    fn look(&self, at: At) -> Certificate {
        let Inner { files, taken } = &*self.inner;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the reading: a file replaced in between is read once more, never missed.
        let stamps = files.stamps();
        if stamps != taken.stamps {
            taken.stamps = stamps;
            match files.load(at) {
                Ok((config, ends_at)) => {
                    taken.config = config;
                    taken.shown = Certificate { ends_at, trouble: None };
                }
                Err(error) => {
                    tracing::warn!("the new certificate is not used: {error:#}");
                    taken.shown.trouble = Some(format!("新しいファイルは使えません。{error:#}"));
                }
            }
        }
        taken.shown.clone()
    }

    /// The listener over TLS: who is slow to agree on a connection keeps nobody else waiting.
    pub fn over(&self, mut plain: TcpListener) -> TlsListener {
        let (agreed, waiting) = mpsc::channel(WAITING);
        let (own, address) = (self.clone(), plain.local_addr());
        tokio::spawn(async move {
            loop {
                let (stream, peer) = tokio::select! {
                    accepted = Listener::accept(&mut plain) => accepted,
                    () = agreed.closed() => return,
                };
                let (acceptor, agreed) = (own.acceptor(), agreed.clone());
                tokio::spawn(async move {
                    // A port scan, plain HTTP, a browser that does not trust us: theirs to know, nothing to log.
                    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        drop(agreed.send((stream, peer)).await);
                    }
                });
            }
        });
        TlsListener { waiting, address }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let taken = self.inner.taken.lock().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&taken.config))
    }
}

impl Files {
    fn stamps(&self) -> [Option<Stamp>; 2] {
        let stamp = |meta: Metadata| (meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
        [&self.certificate, &self.key].map(|path| std::fs::metadata(path).ok().map(stamp))
    }

    /// What the files say, as far as it counts at `at`; and until when.
    fn load(&self, at: At) -> Result<(Arc<ServerConfig>, At)> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let chain = chain(&self.certificate)?;
        let (from, to) = validity::validity(&chain[0])
            .ok_or_else(|| anyhow!("証明書 {certificate} の中身が証明書の形ではありません。発行されたファイルを置き直してください"))?;
        if at >= to {
            bail!(
                "証明書 {certificate} は {to} に期限が切れています。新しい証明書をこのファイルに置いてください"
            );
        }
        if at < from {
            bail!("証明書 {certificate} は {from} から使えます。装置の時計か、証明書を確かめてください");
        }
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .context("TLS を始められません")?
            .with_no_client_auth()
            .with_single_cert(chain, private_key(&self.key)?);
        let mut config = config.map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => anyhow!(
                "秘密鍵 {key} は、証明書 {certificate} のものではありません。対になる2つを --tls-cert と --tls-key で示してください"
            ),
            other => anyhow!("証明書 {certificate} と秘密鍵 {key} を使えません（{other}）。発行されたものを置き直してください"),
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok((Arc::new(config), to))
    }

    /// Not refused: some renewal programs give the key to a group.
    fn warn_of_readers(&self) {
        if std::fs::metadata(&self.key).is_ok_and(|meta| meta.permissions().mode() & 0o007 != 0) {
            let key = self.key.display();
            eprintln!(
                "秘密鍵 {key} をだれでも開けます。chmod 600 {key} で、動かす利用者だけが開けるようになります"
            );
        }
    }
}

/// The certificates of the file, that of the site first; at least one.
fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let shown = path.display();
    match read {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Err(PemError::Io(error)) => Err(unreadable("証明書", path, &error)),
        _ => bail!(
            "{shown} に証明書（-----BEGIN CERTIFICATE-----）がありません。PEM 形式の証明書を --tls-cert で示してください"
        ),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let shown = path.display();
    PrivateKeyDer::from_pem_file(path).map_err(|error| match error {
        PemError::Io(error) => unreadable("秘密鍵", path, &error),
        _ => anyhow!("{shown} に、パスフレーズのない秘密鍵（-----BEGIN PRIVATE KEY-----）がありません。PEM 形式の秘密鍵を --tls-key で示してください"),
    })
}

fn unreadable(what: &str, path: &Path, error: &std::io::Error) -> anyhow::Error {
    let shown = path.display();
    anyhow!(
        "{what} {shown} を読めません（{error}）。ファイルの場所と、動かす利用者が読めることを確かめてください"
    )
}

/// Connections that are agreed on.
pub struct TlsListener {
    waiting: mpsc::Receiver<(TlsStream<TcpStream>, std::net::SocketAddr)>,
    address: std::io::Result<std::net::SocketAddr>,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.waiting.recv().await {
            Some(accepted) => accepted,
            // The runtime is going down.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.address.as_ref().map_or_else(|error| Err(error.kind().into()), |address| Ok(*address))
    }
}
