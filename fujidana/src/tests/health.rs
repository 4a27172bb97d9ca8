//! 装置のようす: what is wrong shows on the page in a word, and to a monitor as 503.
use backup::{DrillReport, record_drill};
use db::DbError;
use testkit::MORNING;

use super::sample_city::{Clerk, SampleCity, on_both};

/// Records a drill and expects what monitor and page say.
#[track_caller]
fn check(city: &SampleCity, operator: &Clerk, passed: bool, status: u16, word: &str) {
    let report = DrillReport {
        passed,
        told: if passed { "そろっています" } else { "写しの manifest がありません" }.to_owned(),
        bytes: 1 << 20,
        rows: 100,
        started_at: MORNING,
        ended_at: MORNING.plus_seconds(3),
    };
    let told = report.told.clone();
    let written: Result<(), DbError> =
        city.site.inside().write_blocking(city.site.city().id, move |tx| record_drill(tx, &report));
    written.expect("a drill is recorded");
    let monitor = city.get("/healthz", None);
    assert_eq!(monitor.status, status, "{}", monitor.body);
    assert!(!monitor.body.contains(&told), "what everybody may ask tells no detail");
    let page = city.get("/health", Some(operator));
    assert_eq!(page.status, 200);
    assert!(page.body.contains(word) && page.body.contains(&told), "{word}");
}

// measure 2-4-1: drill
#[test]
fn a_failed_drill_turns_the_installation_red() {
    on_both(|city| {
        let operator = city.sign_in("somu");
        check(&city, &operator, true, 200, "○ 戻せました");
        check(&city, &operator, false, 503, "すぐに手を打つところがあります");
        check(&city, &operator, true, 200, "○ よい");
    });
}

#[test]
fn the_state_of_the_installation_is_not_for_every_clerk() {
    let city = SampleCity::new();
    assert_eq!(city.get("/health", Some(&city.sign_in("shimin1"))).status, 403);
    let operator = city.sign_in("somu");
    let page = city.get("/health", Some(&operator)).body;
    assert!(page.contains("控えをとっていません") && page.contains("すべてが消えます"));
    assert!(!page.contains("いま訓練する"), "nothing to drill");
    assert_eq!(city.post("/health/drill", &operator, &[]).status, 303);
}
