//! Reads the file and checks what no value can say alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use serde::Deserialize;
use toml::Spanned;

use super::error::{ConfigError, Text};
use super::listen::{Server, StoreSettings, Webhook};
use super::target::{Mode, Target};

/// The whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file it came from.
    pub file: PathBuf,
    /// Addresses, access and limits.
    pub server: Server,
    /// The state.
    pub store: StoreSettings,
    /// Whom plans and alerts are sent to.
    pub webhooks: Vec<Webhook>,
    /// The services to forecast.
    pub targets: Vec<Target>,
    /// The line each target begins at, for mistakes that only its source can see.
    pub(crate) lines: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: Option<Spanned<Server>>,
    #[serde(default)]
    store: StoreSettings,
    #[serde(default)]
    webhook: Vec<Spanned<Webhook>>,
    #[serde(default)]
    target: Vec<Spanned<Target>>,
}

/// A client that sends its head slower than this only holds a connection.
const LONGEST_HEADER_TIMEOUT: TimeDelta = TimeDelta::seconds(10);

impl Config {
    /// Reads `file`.
    ///
    /// # Errors
    /// [`ConfigError`] with the file, the line, the value and what to do.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError {
            file: file.into(),
            line: None,
            what: format!("the configuration cannot be read: {error}"),
            hint: "pass the path of a TOML file to --config".to_owned(),
        })?;
        Self::parse(&text, file)
    }

    /// Reads `text`, which came from `file`; paths in it are relative to the file's folder.
    ///
    /// # Errors
    /// As [`Config::load`].
    ///
    /// ```
    /// use forescale_server::Config;
    /// let error = Config::parse("[server]\nlisten = 8080\n", "forescale.toml".as_ref()).unwrap_err();
    /// assert!(error.to_string().starts_with("forescale.toml:2: "));
    /// ```
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let place = Text { file, text };
        let read: File = toml::from_str(text).map_err(|error| place.parse_error(&error))?;
        read.server.iter().try_for_each(|server| check_server(server, &place))?;
        read.webhook.iter().try_for_each(|webhook| check_webhook(webhook, &place))?;
        check_names(&read.webhook, &place)?;
        check_targets(&read.target, &read.webhook, &place)?;
        let line = |target: &Spanned<Target>| 1 + text[..target.span().start].matches('\n').count();
        let mut config = Self {
            file: file.into(),
            server: read.server.map(Spanned::into_inner).unwrap_or_default(),
            store: read.store,
            webhooks: read.webhook.into_iter().map(Spanned::into_inner).collect(),
            lines: read.target.iter().map(line).collect(),
            targets: read.target.into_iter().map(Spanned::into_inner).collect(),
        };
        config.resolve(file.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// Makes paths relative to `folder`, so that they mean the same from wherever the service is started.
    fn resolve(&mut self, folder: &Path) {
        let tls = self.server.tls.iter_mut();
        let tls =
            tls.flat_map(|tls| [Some(&mut tls.cert), Some(&mut tls.key), tls.client_ca.as_mut()]);
        let paths = tls.flatten().chain(self.server.token_file.as_mut());
        let paths = paths.chain([&mut self.store.path]);
        let paths = paths.chain(self.webhooks.iter_mut().map(|webhook| &mut webhook.secret_file));
        let events = self.targets.iter_mut().filter_map(|target| target.events.as_mut());
        paths.chain(events).for_each(|path| *path = folder.join(&*path));
    }
}

fn check_server(server: &Spanned<Server>, place: &Text) -> Result<(), ConfigError> {
    let at = Some(server.span().start);
    let server = server.get_ref();
    if let Some(address) = server.exposed().filter(|_| !server.guarded()) {
        return Err(place.error(
            at,
            format!("listening on {address}, which others can reach, needs a token or mutual TLS"),
            "set token-file in [server] or client-ca in [server.tls], or listen on 127.0.0.1",
        ));
    }
    if server.header_timeout > LONGEST_HEADER_TIMEOUT {
        let seconds = server.header_timeout.num_seconds();
        let what = format!("header-timeout should be at most 10s, but is {seconds}s");
        return Err(place.error(at, what, "leave it out for 10s"));
    }
    if server.max_connections == 0 || server.workers == Some(0) {
        let what = "max-connections and workers should be at least 1, but one of them is 0";
        return Err(place.error(at, what, "leave them out for the defaults"));
    }
    Ok(())
}

fn check_webhook(webhook: &Spanned<Webhook>, place: &Text) -> Result<(), ConfigError> {
    let url = &webhook.get_ref().url;
    let plain = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    match plain.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace)) {
        true => Ok(()),
        false => Err(place.error(
            Some(webhook.span().start),
            format!("the url of a webhook should begin with http:// or https://, but is {url:?}"),
            "write the whole address, such as https://hooks.example.org/forescale",
        )),
    }
}

fn check_names(webhooks: &[Spanned<Webhook>], place: &Text) -> Result<(), ConfigError> {
    let mut names = BTreeSet::new();
    for webhook in webhooks {
        if let Some(name) = webhook.get_ref().name.as_ref().filter(|name| !names.insert(*name)) {
            let what = format!("there are two webhooks called {name}");
            return Err(place.error(
                Some(webhook.span().start),
                what,
                "give every webhook a name of its own",
            ));
        }
    }
    Ok(())
}

fn check_targets(
    targets: &[Spanned<Target>],
    webhooks: &[Spanned<Webhook>],
    place: &Text,
) -> Result<(), ConfigError> {
    let known: Vec<_> =
        webhooks.iter().filter_map(|webhook| webhook.get_ref().name.as_ref()).collect();
    let mut names = BTreeSet::new();
    for target in targets {
        let at = Some(target.span().start);
        let target = target.get_ref();
        if !names.insert(&target.name) {
            let what = format!("there are two targets called {}", target.name);
            return Err(place.error(at, what, "give every target a name of its own"));
        }
        let checked = check_target(target);
        checked.and_then(|()| target.outputs.check(target.mode, &known)).map_err(
            |(what, hint)| place.error(at, format!("target {}: {what}", target.name), hint),
        )?;
    }
    Ok(())
}

/// What is wrong with a target as a whole, and the way out.
fn check_target(target: &Target) -> Result<(), (String, String)> {
    let wrong = |what: &str, hint: &str| Err((what.to_owned(), hint.to_owned()));
    if target.budget.is_some() && target.quantile.is_some() {
        return wrong("budget and quantile say the same thing twice", "keep one of them");
    }
    if target.max_cost_per_hour.is_some() && target.cost_per_instance_hour.is_none() {
        return wrong("max-cost-per-hour needs a price", "set cost-per-instance-hour as well");
    }
    if target.mode != Mode::ForecastOnly && target.fleet.max.is_none() {
        return wrong(
            "a scaler should know a most, but fleet.max is not set",
            "set max in [target.fleet]",
        );
    }
    if target.horizon <= target.fleet.startup {
        return wrong(
            "the horizon should be longer than the start-up time",
            "set a longer horizon: a forecast that ends before an instance serves decides nothing",
        );
    }
    let planned = target.capacity().and_then(|_| target.plan_options().check());
    planned.map_err(|error| (error.to_string(), error.hint().to_owned()))
}
