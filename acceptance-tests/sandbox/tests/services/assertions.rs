//! Who signs in with the key of a certificate.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use sandbox::{ClientCertificate, ClientCertificateSpec};
use time::OffsetDateTime;

use super::*;

const SCOPE: &str = "https://vault.azure.net/.default";

/// The parts of an assertion before it is signed.
pub(crate) struct Draft {
    header: Value,
    pub(crate) claims: Value,
    algorithm: Algorithm,
}

impl Draft {
    /// A good one of the run owner, with the thumbprint of a certificate.
    pub(crate) fn of(certificate: &ClientCertificate, now: OffsetDateTime) -> Self {
        let endpoint = format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", contoso::TENANT);
        let now = now.unix_timestamp();
        Self {
            header: json!({"alg": "PS256", "typ": "JWT", "x5t#S256": sha256(&certificate.chain()[0])}),
            claims: json!({
                "iss": contoso::RUN_OWNER, "sub": contoso::RUN_OWNER, "aud": endpoint,
                "jti": Uuid::new_v4().to_string(), "nbf": now, "exp": now + 600,
            }),
            algorithm: Algorithm::PS256,
        }
    }

    fn with_chain(mut self, certificate: &ClientCertificate) -> Self {
        let chain: Vec<String> = certificate.chain().iter().map(|der| STANDARD.encode(der)).collect();
        self.header["x5c"] = json!(chain);
        self
    }

    pub(crate) fn signed_by(&self, certificate: &ClientCertificate) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&self.header), part(&self.claims));
        let key = certificate.key_der();
        let key = key.secret_pkcs8_der();
        let random = SystemRandom::new();
        let padding: &dyn RsaEncoding =
            if self.algorithm == Algorithm::PS256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
        let signature = if self.algorithm == Algorithm::ES256 {
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key).unwrap();
            key.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec()
        } else {
            let key = RsaKeyPair::from_pkcs8(key).unwrap();
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(padding, &random, message.as_bytes(), &mut signature).unwrap();
            signature
        };
        let signature = URL_SAFE_NO_PAD.encode(signature);
        format!("{message}.{signature}")
    }
}

fn sha256(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der))
}

fn sha1(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, der))
}

impl World {
    /// A certificate of the run owner.
    fn certificate(&self, spec: ClientCertificateSpec) -> ClientCertificate {
        self.sandbox.with(|world| world.client_certificate(&spec))
    }

    fn register(&self, certificate: &ClientCertificate) {
        self.sandbox.with(|world| world.application_mut(contoso::RUN_OWNER).unwrap().register(certificate));
    }

    fn now(&self) -> OffsetDateTime {
        self.sandbox.with(|world| world.now())
    }
}

#[tokio::test]
async fn the_key_of_a_registered_certificate_signs_in() {
    let world = World::new();
    let certificate = world.certificate(ClientCertificateSpec::default());
    let draft = Draft::of(&certificate, world.now());
    world.check(
        "before it is registered",
        &world.show(contoso::RUN_OWNER, &draft.signed_by(&certificate)).await,
        700_027,
    );
    world.register(&certificate);
    world.sandbox.clear_journal();
    let assertion = draft.signed_by(&certificate);
    let answer = world.show(contoso::RUN_OWNER, &assertion).await;
    world.check("afterwards", &answer, 0);
    let token = answer.body["access_token"].as_str().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap()["appidacr"], "2");
    let told = json!({"alg": "PS256", "iss": contoso::RUN_OWNER, "key": ["x5t#S256"]});
    assert_eq!(world.sandbox.journal()[0].body.as_ref().unwrap()["client_assertion"], told);
    assert!(!format!("{:?}", world.sandbox.journal()).contains(&assertion), "no assertion reaches the journal");
    assert!(world.sandbox.tokens().contains(&assertion), "a search for secrets finds it");

    let mut sent = Draft::of(&certificate, world.now());
    sent.algorithm = Algorithm::RS256;
    sent.header = json!({"alg": "RS256", "x5t": sha1(&certificate.chain()[0])});
    world.check("RS256 and x5t", &world.show(contoso::RUN_OWNER, &sent.signed_by(&certificate)).await, 0);
    sent.claims["aud"] = format!("https://login.microsoftonline.com/{}/v2.0", contoso::TENANT).into();
    world.check("the issuer as audience", &world.show(contoso::RUN_OWNER, &sent.signed_by(&certificate)).await, 0);
    world.sandbox.advance(std::time::Duration::from_secs(91 * 86400));
    let late = Draft::of(&certificate, world.now()).signed_by(&certificate);
    let answer = world.show(contoso::RUN_OWNER, &late).await;
    world.check("an expired certificate", &answer, 700_027);
    assert!(answer.body["error_description"].as_str().unwrap().contains("The key used is expired."));
}

#[tokio::test]
async fn each_fault_of_an_assertion_has_its_code() {
    type Spoil = fn(&mut Draft);
    let world = World::new();
    let certificate = world.certificate(ClientCertificateSpec::default());
    let other = world.certificate(ClientCertificateSpec::default());
    world.register(&certificate);
    let rows: [(&str, u64, Spoil); 18] = [
        ("nothing", 0, |_| {}),
        ("another algorithm than says", 700_027, |draft| draft.header["alg"] = "RS256".into()),
        ("a symmetric algorithm", 5_002_738, |draft| draft.header["alg"] = "HS256".into()),
        ("no algorithm", 50_027, |draft| draft.header = json!({})),
        ("no thumbprint", 50_027, |draft| draft.header = json!({"alg": "PS256"})),
        ("a padded thumbprint", 0, |draft| {
            draft.header["x5t#S256"] = format!("{}=", draft.header["x5t#S256"].as_str().unwrap()).into();
        }),
        ("one thumbprint of two is wrong", 700_027, |draft| draft.header["x5t"] = "AAAA".into()),
        ("the audience of another tenant", 700_023, |draft| {
            draft.claims["aud"] =
                format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", contoso::OTHER_TENANT).into();
        }),
        ("a list of audiences", 50_027, |draft| draft.claims["aud"] = json!([draft.claims["aud"]])),
        ("another subject", 50_048, |draft| draft.claims["sub"] = contoso::CLIENT.into()),
        ("another application", 700_021, |draft| {
            (draft.claims["iss"], draft.claims["sub"]) = (contoso::CLIENT.into(), contoso::CLIENT.into());
        }),
        ("no jti", 50_027, |draft| draft.claims["jti"] = Value::Null),
        ("no expiry", 50_027, |draft| draft.claims["exp"] = Value::Null),
        ("fractions of a second", 0, |draft| draft.claims["exp"] = json!(4_000_000_000.25)),
        ("expired four minutes ago", 0, |draft| draft.claims["exp"] = (now(draft) - 240).into()),
        ("expired six minutes ago", 700_024, |draft| draft.claims["exp"] = (now(draft) - 360).into()),
        ("from four minutes on", 0, |draft| draft.claims["nbf"] = (now(draft) + 240).into()),
        ("from six minutes on", 700_024, |draft| draft.claims["nbf"] = (now(draft) + 360).into()),
    ];
    for (what, code, spoil) in rows {
        let mut draft = Draft::of(&certificate, world.now());
        spoil(&mut draft);
        world.check(what, &world.show(contoso::RUN_OWNER, &draft.signed_by(&certificate)).await, code);
    }
    let draft = Draft::of(&certificate, world.now());
    let answer = world.show(contoso::RUN_OWNER, &draft.signed_by(&other)).await;
    world.check("another key", &answer, 700_027);
    let words = answer.body["error_description"].as_str().unwrap();
    assert!(words.contains("did not match the expected signature value"), "{words}");
    world.check("no JWT", &world.show(contoso::RUN_OWNER, "abc").await, 50_027);
    let assertion = draft.signed_by(&certificate);
    let untyped = [("client_id", contoso::RUN_OWNER), ("client_assertion", &assertion), ("scope", SCOPE)];
    world.check("no type", &world.token_request(&untyped).await, 900_144);
    world.check("nothing", &world.token_request(&untyped[..1]).await, 7_000_216);
}

fn now(draft: &Draft) -> i64 {
    draft.claims["nbf"].as_i64().unwrap()
}

#[tokio::test]
async fn a_key_on_a_curve_signs_nobody_in() {
    let world = World::new();
    let certificate = world.certificate(ClientCertificateSpec { elliptic: true, ..Default::default() });
    world.register(&certificate);
    let mut draft = Draft::of(&certificate, world.now());
    (draft.header["alg"], draft.algorithm) = ("ES256".into(), Algorithm::ES256);
    let answer = world.show(contoso::RUN_OWNER, &draft.signed_by(&certificate)).await;
    world.check("ES256", &answer, 5_002_738);
    let words = answer.body["error_description"].as_str().unwrap();
    assert!(words.contains("'ES256' is not a supported signature algorithm."), "{words}");
    draft.header["alg"] = "RS256".into();
    world.check("and says RS256", &world.show(contoso::RUN_OWNER, &draft.signed_by(&certificate)).await, 5_002_730);
}

#[tokio::test]
async fn a_chain_is_trusted_by_its_name_and_issuer() {
    let world = World::new();
    let certificate = world.certificate(ClientCertificateSpec::default());
    let stranger = world.certificate(ClientCertificateSpec::default());
    let trust = |certificate: &ClientCertificate| {
        world.sandbox.with(|world| world.application_mut(contoso::RUN_OWNER).unwrap().trust_subject_of(certificate));
    };
    let chained = |certificate: &ClientCertificate| Draft::of(certificate, world.now()).with_chain(certificate);
    let show = async |draft: Draft, code, what| {
        world.check(what, &world.show(contoso::RUN_OWNER, &draft.signed_by(&certificate)).await, code);
    };
    show(chained(&certificate), 700_027, "before it is trusted").await;
    trust(&certificate);
    show(chained(&certificate), 0, "trusted").await;
    show(Draft::of(&certificate, world.now()), 700_027, "without its chain").await;
    let mut draft = chained(&certificate);
    draft.header.as_object_mut().unwrap().remove("x5t#S256");
    show(draft, 0, "the chain alone").await;
    let mut draft = chained(&certificate);
    draft.header["x5c"] = json!([draft.header["x5c"][0]]);
    show(draft, 700_027, "what is in between is missing").await;
    let forged = chained(&stranger).signed_by(&stranger);
    world.check("the same name of another authority", &world.show(contoso::RUN_OWNER, &forged).await, 700_027);
    show(chained(&stranger), 700_027, "somebody else's chain").await;

    world.register(&certificate);
    let pem = certificate.chain_pem();
    let der = |certificate: &ClientCertificate| STANDARD.encode(&certificate.chain()[0]);
    for (what, chain) in [
        ("PEM", json!([STANDARD.encode(pem)])),
        ("base64 of URLs", json!([URL_SAFE_NO_PAD.encode(&certificate.chain()[0])])),
        ("the other way round", json!([STANDARD.encode(&certificate.chain()[1]), der(&certificate)])),
        ("what does not belong together", json!([der(&certificate), der(&stranger)])),
        ("one text", der(&certificate).into()),
        ("nothing", json!([])),
    ] {
        let mut draft = Draft::of(&certificate, world.now());
        draft.header["x5c"] = chain;
        show(draft, 50_027, what).await;
    }
}

#[tokio::test]
async fn a_certificate_is_made_at_the_own_address_and_a_secret_expires() {
    let world = World::new();
    let made = |what: &str| format!("{}/applications/{}/{what}", world.sandbox.control_url(), contoso::RUN_OWNER);
    for what in ["certificates", "trusted-subjects"] {
        let answer = world.client.post(made(what)).json(&json!({"expires_in_days": 10})).send().await.unwrap();
        let made: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert!(made["key"].as_str().unwrap().starts_with("-----BEGIN PRIVATE KEY-----"), "{made}");
        assert_eq!(made["certificates"].as_str().unwrap().matches("BEGIN CERTIFICATE").count(), 2, "{made}");
    }
    let owner = world.sandbox.with(|world| world.application_mut(contoso::RUN_OWNER).unwrap().clone());
    assert_eq!((owner.certificates.len(), owner.trusted_subjects.len()), (1, 1));
    let expires = world.now() + time::Duration::hours(1);
    world.sandbox.with(|world| world.application_mut(contoso::CLIENT).unwrap().secret_expires = Some(expires));
    assert_eq!(world.sign_in(contoso::CLIENT, contoso::SECRET, SCOPE).await.status, 200);
    world.sandbox.advance(std::time::Duration::from_secs(3601));
    world.check("expired", &world.sign_in(contoso::CLIENT, contoso::SECRET, SCOPE).await, 7_000_222);
    world.check("and wrong", &world.sign_in(contoso::CLIENT, "wrong", SCOPE).await, 7_000_215);
}
