//! A real browser: Chromium without a window, with a profile of its own that is gone afterwards.
//!
//! It is driven over WebDriver (W3C), whose few commands stand here: a library for it would bring features of `serde_json` into every test build
//! (`preserve_order`), and the program under test would not be the one that is shipped.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{skip, until};

/// A browser; ended, with its driver, when it is dropped.
pub struct Browser {
    chromedriver: Child,
    /// `127.0.0.1:PORT` of the driver.
    host: String,
    /// The way to the commands of this browser: `/session/ID`.
    session: String,
    _profile: tempfile::TempDir,
}

/// Light or dark, as the reader's system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

impl Scheme {
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        }
    }
}

/// A request that the browser made.
#[derive(Debug, Clone)]
pub struct Sent {
    pub url: String,
    /// Bytes that came over the wire for it, headers included; 0 if it failed.
    pub bytes: u64,
}

impl Browser {
    /// Starts a browser; `None`, said on standard error, where none is installed. `languages` is what it accepts: `ko,en`.
    pub fn start(languages: &str) -> Option<Browser> {
        let chromedriver = Command::new("chromedriver")
            .args(["--port=0", "--log-level=WARNING"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut chromedriver) = chromedriver else {
            skip("chromedriver is not installed");
            return None;
        };
        // It takes a free port and says which.
        let mut lines = BufReader::new(chromedriver.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let port = port.expect("chromedriver says its port");
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-default-apps",
            "--disable-extensions",
            "--hide-scrollbars",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments, "prefs": { "intl.accept_languages": languages } },
            "goog:loggingPrefs": { "performance": "ALL" },
            "timeouts": { "script": 60_000, "pageLoad": 60_000 },
        });
        let mut browser = Browser {
            chromedriver,
            host: format!("127.0.0.1:{port}"),
            session: String::new(),
            _profile: profile,
        };
        let asked = json!({ "capabilities": { "alwaysMatch": capabilities } });
        match browser.ask("POST", "/session", Some(asked)) {
            Ok(begun) => {
                browser.session = format!("/session/{}", begun["sessionId"].as_str().unwrap())
            }
            Err(words) => {
                skip(&format!("no browser starts: {words}"));
                return None;
            }
        }
        Some(browser)
    }

    /// A command of WebDriver; `Err` in the words of the driver.
    fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let body = body.map_or_else(String::new, |body| body.to_string());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        let (status, answer) = exchange(&self.host, format!("{head}{body}").as_bytes());
        let mut answer: Value =
            serde_json::from_slice(&answer).map_err(|error| format!("{status}: {error}"))?;
        let value = answer["value"].take();
        if status == 200 { Ok(value) } else { Err(value["message"].to_string()) }
    }

    /// A command to this browser that must succeed.
    #[track_caller]
    fn command(&self, path: &str, body: Value) -> Value {
        match self.ask("POST", &format!("{}{path}", self.session), Some(body)) {
            Ok(value) => value,
            Err(words) => panic!("the browser says of {path}: {words}"),
        }
    }

    /// Goes to an address and waits until the page is loaded.
    #[track_caller]
    pub fn go(&self, url: &str) {
        self.command("/url", json!({ "url": url }));
    }

    /// Where it is.
    #[track_caller]
    pub fn url(&self) -> String {
        let url = self.ask("GET", &format!("{}/url", self.session), None).unwrap();
        url.as_str().unwrap().to_owned()
    }

    /// A command of the DevTools protocol.
    #[track_caller]
    pub fn devtools(&self, method: &str, params: Value) -> Value {
        self.command("/goog/cdp/execute", json!({ "cmd": method, "params": params }))
    }

    /// Makes the window this wide, in the light or in the dark.
    #[track_caller]
    pub fn look(&self, width: u32, scheme: Scheme) {
        let height = if width < 600 { 740 } else { 1080 };
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
        // Without motion a page is at once where it will be.
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme.name() },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Switches the scripts of pages off, or on.
    #[track_caller]
    pub fn set_scripts(&self, on: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !on }));
    }

    /// Runs the body of a function in the page, and gives what it returns.
    #[track_caller]
    pub fn eval(&self, script: &str) -> Value {
        self.command("/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// Runs the body of a function in the page whose last argument, `done`, it calls with its result.
    #[track_caller]
    pub fn eval_async(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1];\n{script}");
        self.command("/execute/async", json!({ "script": script, "args": [] }))
    }

    /// Presses the first link or button that this CSS selector finds, as somebody at the keyboard does, and waits until another page is there.
    #[track_caller]
    pub fn press(&self, selector: &str) {
        let quoted = Value::from(selector);
        let found = self.eval(&format!(
            "document.documentElement.dataset.left = 'yes'; const found = document.querySelector({quoted});\
             if (found) found.focus(); return document.activeElement === found"
        ));
        assert_eq!(found, true, "{selector} is not there, or takes no focus, at {}", self.url());
        self.key("Enter", 13);
        until(&format!("the page that {selector} leads to"), Duration::from_secs(30), || {
            let script = "return document.readyState === 'complete' && !document.documentElement.dataset.left";
            // Between two pages there is none that could answer.
            let asked = json!({ "script": script, "args": [] });
            let path = format!("{}/execute/sync", self.session);
            let there = self.ask("POST", &path, Some(asked)).ok()?;
            (there == true).then_some(())
        });
    }

    /// Types into the one element that this CSS selector finds.
    #[track_caller]
    pub fn write(&self, selector: &str, text: &str) {
        let found = self.command("/element", json!({ "using": "css selector", "value": selector }));
        // The key that WebDriver names elements by (§12.1).
        let element = found["element-6066-11e4-a52e-4f735466cecf"].as_str().unwrap();
        self.command(&format!("/element/{element}/value"), json!({ "text": text }));
    }

    /// Presses a key as a hand does: `Tab` and `Enter` have code 9 and 13.
    #[track_caller]
    pub fn key(&self, key: &str, code: u32) {
        let event = |kind: &str| {
            let text = if key == "Enter" && kind == "keyDown" { "\r" } else { "" };
            json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text })
        };
        self.devtools("Input.dispatchKeyEvent", event("keyDown"));
        self.devtools("Input.dispatchKeyEvent", event("keyUp"));
    }

    /// Keeps a picture of the whole page as `target/screenshots/NAME.png`.
    #[track_caller]
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        let taken = self.devtools(
            "Page.captureScreenshot",
            json!({ "format": "png", "captureBeyondViewport": true }),
        );
        let data = taken["data"].as_str().unwrap();
        use base64::Engine as _;
        let png = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        std::fs::write(&path, png).unwrap();
        path
    }

    /// What the browser has asked for since the last time this was called: what it asked itself for (`data:`, `chrome:`) left out.
    #[track_caller]
    pub fn requests(&self) -> Vec<Sent> {
        let log = self.command("/se/log", json!({ "type": "performance" }));
        let mut sent: Vec<(String, Sent)> = Vec::new();
        for entry in log.as_array().unwrap() {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let message = &message["message"];
            let id = message["params"]["requestId"].as_str().unwrap_or_default();
            match message["method"].as_str() {
                Some("Network.requestWillBeSent") => {
                    let url = message["params"]["request"]["url"].as_str().unwrap().to_owned();
                    if url.starts_with("http") {
                        sent.push((id.to_owned(), Sent { url, bytes: 0 }));
                    }
                }
                Some("Network.loadingFinished") => {
                    let bytes = message["params"]["encodedDataLength"].as_f64().unwrap_or(0.0);
                    if let Some((_, sent)) = sent.iter_mut().rfind(|(known, _)| known == id) {
                        sent.bytes = bytes as u64;
                    }
                }
                _ => {}
            }
        }
        sent.into_iter().map(|(_, sent)| sent).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser; the driver is a process of ours.
        if !self.session.is_empty() {
            let _ = self.ask("DELETE", &self.session, None);
        }
        let _ = self.chromedriver.kill();
        let _ = self.chromedriver.wait();
    }
}

/// Asks the driver, which keeps its connections open whatever it is told: status and body.
fn exchange(host: &str, request: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
    stream.write_all(request).unwrap();
    let mut stream = BufReader::new(stream);
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        } else if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (status, body)
}

/// The text of axe-core, which judges pages by WCAG; `None`, said on standard error, where it is not installed.
pub fn axe() -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/axe/axe.min.js");
    let text = std::fs::read_to_string(&path);
    if text.is_err() {
        skip(&format!("axe-core is not in {}", path.display()));
    }
    text.ok()
}
