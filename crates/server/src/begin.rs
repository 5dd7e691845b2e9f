//! How a program that serves begins: it becomes the instance, or finds the one that runs.

use app::{App, Code, Failure, Places, PortHold, ServeOptions, Settings};

use crate::client::Client;
use crate::listen::{Listeners, PortWish, listen};
use crate::service;

/// Who delivers modules.
#[derive(Debug)]
pub enum Begun {
    /// This process: it holds the lock, and listens. [`begin_delivery`] and [`run`](crate::run()) take it from here.
    Here(App, Listeners),
    /// Another one, which may be the service.
    Elsewhere(Client),
}

/// Becomes the instance, once nobody else has Larder open for a moment, or finds the one that runs. `port` is for this
/// run; `handed_over` are sockets that somebody listened at before.
///
/// # Errors
/// `port-taken` where another program has the port; those of [`App::open`] and of starting the service.
pub async fn begin(
    places: &Places,
    port: Option<u16>,
    handed_over: Option<Listeners>,
) -> Result<Begun, Failure> {
    let app = loop {
        if let Some(app) = App::open(places.clone()).await? {
            break app;
        }
        // It may be a command that is done in a moment, such as `larder cache list`, or an instance that is ending.
        match Client::running(places).await {
            Ok(client) => return Ok(Begun::Elsewhere(client)),
            Err(failure) if failure.code == Code::NotRunning => {}
            Err(failure) => return Err(failure),
        }
    };
    if let Some(listeners) = handed_over {
        app.port_is_held_by(PortHold::Socket);
        return Ok(Begun::Here(app, listeners));
    }
    let wish = wish(port, app.settings().port);
    match listen(wish).await {
        Ok(listeners) => {
            app.port_is_held_by(service::autostart());
            Ok(Begun::Here(app, listeners))
        }
        Err(failure) => {
            let taken = port_of(wish).filter(|_| failure.code == Code::PortTaken);
            app.close().await;
            attach_to_socket(places, taken, failure).await
        }
    }
}

/// Where the service's own socket holds the port, it is not taken: the service is started.
async fn attach_to_socket(
    places: &Places,
    taken: Option<u16>,
    failure: Failure,
) -> Result<Begun, Failure> {
    match taken {
        Some(port) if service::hold(port).await == PortHold::Socket => {
            Ok(Begun::Elsewhere(service::attach(places, port).await?))
        }
        _ => Err(failure),
    }
}

/// Begins to deliver at these listeners. The port of every run is written down at the first one.
///
/// # Errors
/// Those of [`App::begin_serving`].
pub async fn begin_delivery(
    app: &App,
    options: ServeOptions,
    is_port_of_every_run: bool,
) -> Result<(), Failure> {
    let port = options.port;
    let is_first = is_port_of_every_run && app.settings().port.is_none();
    app.begin_serving(options).await?;
    if is_first {
        remember(app.places(), port);
    }
    tracing::info!(port, version = app::VERSION, "serving");
    for warning in app.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(())
}

fn port_of(wish: PortWish) -> Option<u16> {
    match wish {
        PortWish::Remembered(port) => port,
        PortWish::Exactly(port) => Some(port),
        PortWish::AnyForThisRun => None,
    }
}

fn wish(asked: Option<u16>, remembered: Option<u16>) -> PortWish {
    match asked {
        None => PortWish::Remembered(remembered),
        Some(0) => PortWish::AnyForThisRun,
        Some(port) => PortWish::Exactly(port),
    }
}

/// Writes the port of a first start down. Where that fails, this run is as good as any; the next may have another port.
fn remember(places: &Places, port: u16) {
    if let Err(failure) = Settings::remember_port(&places.settings(), port) {
        tracing::warn!("the port is not remembered: {failure}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_wins_over_what_is_remembered() {
        assert_eq!(wish(None, None), PortWish::Remembered(None));
        assert_eq!(wish(None, Some(4677)), PortWish::Remembered(Some(4677)));
        assert_eq!(wish(Some(0), Some(4677)), PortWish::AnyForThisRun);
        assert_eq!(wish(Some(80), Some(4677)), PortWish::Exactly(80));
    }
}
