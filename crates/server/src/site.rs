//! What stands at the address: modules, and the control API.

use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::service::Service;

use crate::answering::Answering;
use crate::control::Control;
use crate::modules::Modules;
use crate::pulse::Pulse;

/// All that is served.
pub(crate) struct Site {
    pub(crate) modules: Arc<Modules>,
    pub(crate) control: Control,
}

/// The site as one connection sees it.
pub(crate) struct Visit {
    pub(crate) site: Arc<Site>,
    pub(crate) pulse: Arc<Pulse>,
}

impl Service<Request<Incoming>> for Visit {
    type Response = http::Response<crate::body::Body>;
    type Error = std::convert::Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let under_way = self.pulse.begin(request.version());
        let answer = if request.uri().path().starts_with("/-/") {
            self.site.control.answer(request)
        } else {
            self.site.modules.answer(request)
        };
        Answering::new(answer, under_way)
    }
}
