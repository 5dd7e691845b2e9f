//! What stands at an address; at Larder's own: modules, the control API, the window, and the metrics.

use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::service::Service;

use crate::answering::{Answer, Answering};
use crate::control::Control;
use crate::metrics::{self, UnderToken};
use crate::modules::Modules;
use crate::pulse::Pulse;
use crate::window::{self, Window};

/// What stands at an address.
pub(crate) trait Answers: Send + Sync + 'static {
    /// Answers a request.
    fn answer(&self, request: Request<Incoming>) -> Answer;
}

/// All that is served at Larder's own address.
pub(crate) struct Site {
    pub(crate) modules: Arc<Modules>,
    pub(crate) control: Control,
    pub(crate) window: Arc<Window>,
    pub(crate) metrics: UnderToken,
}

impl Answers for Site {
    fn answer(&self, request: Request<Incoming>) -> Answer {
        if window::is_asked_for(request.uri().path()) {
            self.window.answer(request)
        } else if request.uri().path().starts_with("/-/") {
            self.control.answer(request)
        } else if request.uri().path() == metrics::PATH {
            self.metrics.answer(&request)
        } else {
            self.modules.answer(request)
        }
    }
}

/// The site as one connection sees it.
pub(crate) struct Visit<S> {
    pub(crate) site: Arc<S>,
    pub(crate) pulse: Arc<Pulse>,
}

impl<S: Answers> Service<Request<Incoming>> for Visit<S> {
    type Response = http::Response<crate::body::Body>;
    type Error = std::convert::Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let under_way = self.pulse.begin(request.version());
        Answering::new(self.site.answer(request), under_way)
    }
}
