//! 電子の証明書 at the desk, on both engines: the two files belong together, and are shut where the paper is.
use paper::{Certificate, Typesetter};
use paper_typst::Press;

use super::routes::shield;
use super::sample_city::on_both;

#[test]
fn the_two_files_belong_together_and_are_shut_where_the_paper_is() {
    if !paper_typst::fonts_complete() {
        println!("skipped: a font is missing (make setup assets)");
        return;
    }
    on_both(|city| {
        let clerk = city.sign_in("shimin1");
        let last = city.residents().pop().expect("somebody");
        let person = last.person.to_string();
        let fields = [
            ("members", person.as_str()),
            ("form", "joint"),
            ("copies", "2"),
            ("capacity", "self"),
            ("name", "見本　請求"),
            ("purpose", "見本"),
            ("identity", "passport"),
        ];
        let issued = city.post(&format!("/households/{}/copies", last.household), &clerk, &fields);
        let location = issued.header("location").to_owned();
        let file =
            |copy: u32, end: &str| city.get(&format!("{location}/electronic/{copy}/{end}"), Some(&clerk));
        let page = city.get(&location, Some(&clerk)).body;
        for end in ["1/pdf", "1/json", "2/pdf", "2/json"] {
            assert!(page.contains(&format!("{location}/electronic/{end}")), "{end}");
        }
        let (pdf, json) = (file(2, "pdf"), file(2, "json"));
        assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
        assert_eq!((json.status, json.header("content-type")), (200, "application/json"));
        let stem = |answer: &str| answer.rsplit_once('.').expect("an end").0.to_owned();
        assert_eq!(stem(pdf.header("content-disposition")), stem(json.header("content-disposition")));
        let read = Certificate::parse(json.body.as_bytes()).expect("a certificate");
        assert!(read.signer().is_ok() && read.issue_number.ends_with("002"), "{}", read.issue_number);
        let data = read.data().expect("JSON");
        let anew = Press::new(paper::TEMPLATES, None).render(&read.template, &data).expect("set");
        assert_eq!(read.faults(&anew.bytes), [], "what is seen is what the data say");
        assert!(!json.body.contains(&person), "ids stay inside");
        assert_eq!(file(3, "json").status, 404);
        assert_ne!(city.get(&format!("{location}/electronic/1/json"), None).status, 200);
        let cancelled = [("copy", "1"), ("how", "cancelled"), ("reason", "氏名の誤り")];
        assert_eq!(city.post(&format!("{location}/disposal"), &clerk, &cancelled).status, 303);
        assert_eq!((file(1, "pdf").status, file(2, "pdf").status), (404, 200));
        shield(&city, last.person);
        for end in ["pdf", "json"] {
            let shut = file(2, end);
            assert!(
                shut.status != 200 && !shut.header("content-disposition").contains("certificate"),
                "{end}"
            );
        }
    });
}
