//! A desk in a folder of its own, and the real binary run there.

use std::hash::{Hash, Hasher};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::until;

/// A folder with a `feeds.toml`.
pub struct Desk {
    folder: tempfile::TempDir,
}

/// What a command said, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The lines of standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.out
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }

    /// The one line of JSON with this key and value.
    #[track_caller]
    pub fn line(&self, key: &str, value: &str) -> serde_json::Value {
        self.json()
            .into_iter()
            .find(|line| line[key] == value)
            .unwrap_or_else(|| panic!("no line with {key} = {value}: {self:?}"))
    }
}

impl Desk {
    /// A desk with this configuration.
    pub fn new(config: &str) -> Desk {
        let desk = Desk { folder: tempfile::tempdir().unwrap() };
        desk.configure(config);
        desk
    }

    /// A desk that polls these sources (`key`, `url`) of 127.0.0.0/8 and publishes all of them in one feed `all`, without a server of its own.
    pub fn of_sources(sources: &[(&str, String)]) -> Desk {
        Desk::new(&Desk::config(sources, ""))
    }

    /// A configuration like that of [`Desk::of_sources`], with more at its end.
    pub fn config(sources: &[(&str, String)], more: &str) -> String {
        let mut config = String::from(
            "[publish]\ntitle = \"Test desk\"\n[server]\nlisten = \"off\"\n[fetch]\nevery = \"15m\"\nper_host = 16\nper_host_delay = \"0s\"\ntimeout = \"10s\"\nallow_addresses = [\"127.0.0.0/8\"]\n",
        );
        for (key, url) in sources {
            config.push_str(&format!(
                "[[source]]\nkey = \"{key}\"\nname = \"{key} news\"\nurl = \"{url}\"\n"
            ));
        }
        config.push_str("[[feed]]\nname = \"all\"\ntitle = \"All of it\"\nformats = [\"rss\", \"atom\", \"json\", \"html\"]\n");
        config.push_str(more);
        config
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `feeds.toml` as editors do: another file, renamed.
    pub fn configure(&self, config: &str) {
        let new = self.path().join(".feeds.toml.swp");
        std::fs::File::create(&new).and_then(|mut file| file.write_all(config.as_bytes())).unwrap();
        std::fs::rename(new, self.path().join("feeds.toml")).unwrap();
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The bytes of every published document, by file name.
    pub fn published(&self) -> Vec<(String, Vec<u8>)> {
        let mut documents = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(below) = folders.pop() {
            let Ok(files) = std::fs::read_dir(self.file("public").join(&below)) else { continue };
            for file in files.map(Result::unwrap) {
                let name = below.join(file.file_name());
                // What is being written has another name, and may be gone the next moment.
                if file.file_name().to_string_lossy().starts_with('.') {
                    continue;
                }
                if file.file_type().unwrap().is_dir() {
                    folders.push(name);
                    continue;
                }
                let bytes = std::fs::read(file.path()).unwrap();
                documents.push((name.to_string_lossy().into_owned(), bytes));
            }
        }
        documents.sort();
        documents
    }

    /// A digest of the bytes and the time of the last change of every published document but archives, of which a month that ends brings one, by
    /// file name.
    pub fn stamps(&self) -> Vec<(String, u64, std::time::SystemTime)> {
        let changed = |name: &str| {
            std::fs::metadata(self.file("public").join(name)).unwrap().modified().unwrap()
        };
        let stamp = |(name, bytes): (String, Vec<u8>)| {
            let mut digest = std::hash::DefaultHasher::new();
            bytes.hash(&mut digest);
            let changed = changed(&name);
            (name, digest.finish(), changed)
        };
        let published = self.published().into_iter();
        published.filter(|(name, _)| !name.contains('/')).map(stamp).collect()
    }

    /// The published JSON Feed of a feed.
    #[track_caller]
    pub fn json_feed(&self, feed: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(&format!("public/{feed}.json"))).unwrap()
    }

    /// The titles of a published feed, in its order.
    #[track_caller]
    pub fn titles(&self, feed: &str) -> Vec<String> {
        let feed = self.json_feed(feed);
        feed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["title"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The title and the id of each item of a published feed, in its order.
    #[track_caller]
    pub fn ids(&self, feed: &str) -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let feed = self.json_feed(feed);
        feed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (text(&item["title"]), text(&item["id"])))
            .collect()
    }

    /// The id of the item with a title.
    #[track_caller]
    pub fn id(&self, feed: &str, title: &str) -> String {
        let ids = self.ids(feed);
        let found = ids.iter().find(|(known, _)| known == title);
        found.unwrap_or_else(|| panic!("no `{title}` in {ids:?}")).1.clone()
    }

    /// A round at a time that polls everything, and its summary.
    #[track_caller]
    pub fn round(&self, now: &str) -> serde_json::Value {
        let said = self.run_at(Some(now), &["once", "--force", "--json"]);
        said.json().pop().unwrap_or_else(|| panic!("{said:?}"))
    }

    /// What `status` says of a source.
    #[track_caller]
    pub fn health(&self, source: &str) -> serde_json::Value {
        self.run(&["status", "--json"]).line("source", source)
    }

    /// The binary, to be run here.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command
            .args(args)
            .current_dir(self.path())
            .env_remove("TIDINGS_CONFIG")
            .env_remove("TIDINGS_LOG")
            .env("NO_COLOR", "1");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Said {
        self.run_at(None, args)
    }

    /// Runs a command to its end, at a time (RFC 3339).
    pub fn run_at(&self, now: Option<&str>, args: &[&str]) -> Said {
        let mut command = self.command(args);
        if let Some(now) = now {
            command.env("TIDINGS_NOW", now);
        }
        said(&command.stdin(Stdio::null()).output().unwrap())
    }

    /// Runs a command to its end with this on its standard input.
    pub fn run_with(&self, args: &[&str], input: &[u8]) -> Said {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writing = std::thread::spawn(move || {
            // The command may end before it has read everything.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writing.join().unwrap();
        said(&output)
    }

    /// Starts the service and waits until it says that it runs.
    #[track_caller]
    pub fn serve(&self) -> Service {
        self.serve_at(None)
    }

    /// Starts the service at a time (RFC 3339).
    #[track_caller]
    pub fn serve_at(&self, now: Option<&str>) -> Service {
        let mut command = self.command(&["serve"]);
        command.env("TIDINGS_LOG", "info");
        if let Some(now) = now {
            command.env("TIDINGS_NOW", now);
        }
        let service = Service::start(command);
        service.wait_for_log("tidings serves ", "tidings publishes ");
        service
    }
}

fn said(output: &Output) -> Said {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
    Said {
        code: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// A running service; killed when it is dropped.
pub struct Service {
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Service {
    /// Starts a command; all that it says is its log.
    pub fn start(mut command: Command) -> Service {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let outputs: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let writing = Arc::clone(&log);
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    writing.lock().unwrap().push_str(&format!("{line}\n"));
                }
            });
        }
        Service { child, log }
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    #[track_caller]
    fn wait_for_log(&self, one: &str, other: &str) {
        until(&format!("`{one}` in the log:\n{}", self.log()), Duration::from_secs(30), || {
            let log = self.log();
            (log.contains(one) || log.contains(other)).then_some(())
        });
    }

    /// Waits until the log holds a text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait_for_log(text, text);
    }

    /// Where it listens.
    #[track_caller]
    pub fn base(&self) -> String {
        let log = self.log();
        let at = log.find("http://").unwrap_or_else(|| panic!("no address in {log}"));
        log[at..].split_whitespace().next().unwrap().to_owned()
    }

    /// Asks its server: status, headers and body.
    #[track_caller]
    pub fn get(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let base = self.base();
        get_at(base.trim_start_matches("http://").trim_end_matches('/'), path, headers)
    }

    /// Posts a form to its server: status, headers and body.
    #[track_caller]
    pub fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let base = self.base();
        let host = base.trim_start_matches("http://").trim_end_matches('/');
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request.push_str(&format!("Host: {host}\r\n"));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        exchange(host, format!("{request}\r\n{body}").as_bytes())
    }

    /// Waits until it serves a feed with these titles: then its files are written too.
    #[track_caller]
    pub fn wait_for_titles(&self, feed: &str, want: &[&str]) {
        until(
            &format!("titles {want:?} in {feed}:\n{}", self.log()),
            Duration::from_secs(20),
            || {
                let (status, _, body) = self.get(&format!("/feeds/{feed}.json"), &[]);
                let feed: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
                let items = feed["items"].as_array().filter(|_| status == 200)?;
                let titles = items.iter().map(|item| item["title"].as_str().unwrap_or_default());
                titles.eq(want.iter().copied()).then_some(())
            },
        );
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, by its name for `kill`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.pid().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Waits for its end and gives the exit code.
    #[track_caller]
    pub fn ended(&mut self, limit: Duration) -> Option<i32> {
        let child = &mut self.child;
        until("the service ends", limit, || child.try_wait().unwrap()).code()
    }

    /// Stops it as a service manager does, and checks that it ends well.
    #[track_caller]
    pub fn stop(mut self) -> String {
        self.signal("TERM");
        assert_eq!(self.ended(Duration::from_secs(30)), Some(0), "{}", self.log());
        self.log()
    }

    /// Ends it as a crash does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks the server at `HOST:PORT`: status, headers and body.
#[track_caller]
pub fn get_at(
    host: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let mut request = format!(
        "GET /{} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n",
        path.trim_start_matches('/')
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    exchange(host, format!("{request}\r\n").as_bytes())
}

/// Sends bytes to a server and reads its answer until it closes the connection.
#[track_caller]
pub fn exchange(host: &str, request: &[u8]) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    parse_answer(&answer)
}

fn parse_answer(answer: &[u8]) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let end =
        answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.parse().ok())
        .unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let body = &answer[end + 4..];
    let chunked =
        headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    (status, headers, if chunked { unchunk(body) } else { body.to_vec() })
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
    whole
}
