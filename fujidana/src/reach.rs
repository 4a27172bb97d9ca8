//! What the operator says about the way to this installation: its origin, its proxies, the city's directory.
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use oidc::{Directory, Settings};
use vault::Keys;
use web::Reach;

use crate::arguments::{Arguments, WrongUsage};

/// Environment variable with the secret that the directory gave this program.
const SECRET: &str = "FUJIDANA_OIDC_SECRET";
/// The same as a file in the folder of the keys.
const SECRET_FILE: &str = "oidc-secret";

/// `--origin`, or `shown`, the URL where it listens; `--trusted-proxy`, addresses with commas; `--oidc-…`.
pub fn reach(arguments: &Arguments, keys: &Keys, shown: &str) -> Result<Reach> {
    let origin = arguments.text("origin").unwrap_or(shown);
    let origin = origin.trim_end_matches('/').to_owned();
    let proxies = list(arguments, "trusted-proxy").into_iter();
    let proxies =
        proxies.map(|text| text.parse().map_err(|_| WrongUsage(format!("{text} は番地ではありません"))));
    let trusted_proxies = proxies.collect::<Result<_, _>>()?;
    let directory = directory(arguments, keys.folder(), &origin)?;
    Ok(Reach { origin, trusted_proxies, directory })
}

fn list(arguments: &Arguments, name: &str) -> Vec<String> {
    let all = arguments.text(name).unwrap_or_default().split(',').map(str::trim);
    all.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

fn directory(arguments: &Arguments, keys: &Path, origin: &str) -> Result<Option<Arc<Directory>>> {
    let (issuer, client_id) = match (arguments.text("oidc-issuer"), arguments.text("oidc-client")) {
        (Some(issuer), Some(client_id)) => (issuer.to_owned(), client_id.to_owned()),
        (None, None) => return Ok(None),
        _ => return Err(WrongUsage("--oidc-issuer と --oidc-client はそろえて使います".to_owned()).into()),
    };
    let client_secret = match std::env::var(SECRET) {
        Ok(secret) => secret,
        Err(_) => {
            let file = keys.join(SECRET_FILE);
            let missing = || format!("{SECRET} も {} も読めません", file.display());
            std::fs::read_to_string(&file).with_context(missing)?.trim().to_owned()
        }
    };
    let ca = arguments
        .text("oidc-ca")
        .map(|file| std::fs::read(file).with_context(|| format!("{file} を読めません")));
    let settings = Settings {
        issuer,
        client_id,
        client_secret,
        redirect_uri: format!("{origin}/sign-in/directory/back"),
        strong: list(arguments, "oidc-strong"),
        ca: ca.transpose()?,
    };
    let directory = Directory::new(settings).context("--oidc-ca の証明書を読めません")?;
    Ok(Some(Arc::new(directory)))
}
