//! The running installation, as handlers see it.
use std::collections::HashMap;
use std::sync::Arc;

use base::MunicipalityId;
use db::Store;
use events::FollowUp;
use identity::{KnownSessions, Policy};
use paper::{Blank, Typesetter};
use vault::Keys;

use crate::{App, Asset, Reach, Watch};

/// The municipality whose pages these are.
#[derive(Debug, Clone)]
pub struct City {
    pub id: MunicipalityId,
    /// 「藤岡市」
    pub name: String,
    /// 「群馬県」
    pub prefecture: String,
    /// 「藤岡市長」: who certifies papers.
    pub mayor: String,
}

/// A sign-in of the sample city, listed on its sign-in page.
#[derive(Debug, Clone)]
pub struct SampleSignIn {
    pub name: &'static str,
    pub password: &'static str,
    pub section: &'static str,
    pub does: &'static str,
}

pub struct Parts {
    pub version: &'static str,
    pub city: City,
    pub inside: Store,
    pub portal: Store,
    /// What opens sealed secrets.
    pub keys: Keys,
    pub apps: &'static [App],
    pub policy: Arc<Policy>,
    /// Empty for a real city.
    pub sample_sign_ins: &'static [SampleSignIn],
    pub assets: HashMap<String, Asset>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Site {
    parts: Arc<Parts>,
    follow_ups: Arc<Vec<&'static FollowUp>>,
    sessions: Arc<KnownSessions>,
    reach: Arc<Reach>,
    watch: Option<Arc<Watch>>,
    paper: Arc<dyn Typesetter>,
}

impl Site {
    pub fn new(parts: Parts) -> Self {
        let follow_ups = parts.apps.iter().flat_map(|app| app.follow_ups).collect();
        Self {
            parts: Arc::new(parts),
            follow_ups: Arc::new(follow_ups),
            sessions: Arc::default(),
            reach: Arc::default(),
            watch: None,
            paper: Arc::new(Blank),
        }
    }

    /// Where browsers reach it; known only when it listens.
    #[must_use]
    pub fn reached(mut self, reach: Reach) -> Self {
        self.reach = Arc::new(reach);
        self
    }

    /// What the running program knows of itself; nothing in tests and one-off commands.
    #[must_use]
    pub fn watched(mut self, watch: Watch) -> Self {
        self.watch = Some(Arc::new(watch));
        self
    }
    pub fn watch(&self) -> Option<&Watch> {
        self.watch.as_deref()
    }

    /// Who sets its papers; without it there are none.
    #[must_use]
    pub fn printed_by(mut self, paper: Arc<dyn Typesetter>) -> Self {
        self.paper = paper;
        self
    }
    pub fn paper(&self) -> &Arc<dyn Typesetter> {
        &self.paper
    }

    /// The store of the inner zone.
    pub fn inside(&self) -> &Store {
        &self.parts.inside
    }
    pub fn portal(&self) -> &Store {
        &self.parts.portal
    }
    pub fn keys(&self) -> &Keys {
        &self.parts.keys
    }
    pub fn city(&self) -> &City {
        &self.parts.city
    }
    pub fn policy(&self) -> &Arc<Policy> {
        &self.parts.policy
    }
    pub fn apps(&self) -> &'static [App] {
        self.parts.apps
    }
    pub fn version(&self) -> &'static str {
        self.parts.version
    }
    pub fn sample_sign_ins(&self) -> &'static [SampleSignIn] {
        self.parts.sample_sign_ins
    }
    /// Every page of a sample city says 見本.
    pub fn is_sample(&self) -> bool {
        !self.parts.sample_sign_ins.is_empty()
    }
    pub fn bands(&self) -> &'static [ui::Band] {
        if self.is_sample() { &[ui::Band::Sample] } else { &[] }
    }
    /// All followers, in the order of the apps.
    pub fn follow_ups(&self) -> &[&'static FollowUp] {
        &self.follow_ups
    }
    pub fn follow_up(&self, name: &str) -> Option<&'static FollowUp> {
        self.follow_ups.iter().copied().find(|follow_up| follow_up.name == name)
    }
    pub fn reach(&self) -> &Reach {
        &self.reach
    }
    pub(crate) fn sessions(&self) -> &KnownSessions {
        &self.sessions
    }
    pub(crate) fn asset(&self, name: &str) -> Option<&Asset> {
        self.parts.assets.get(name)
    }
}
