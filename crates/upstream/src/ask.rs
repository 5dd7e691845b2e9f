//! What an upstream is asked, and what it replies.

use std::fmt;

use go_module::Request;

use crate::{Body, NodeUse, NodesAsked, TraceContext};

/// One question to an upstream.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What is asked for.
    pub request: Request,
    /// Who may hear its name.
    pub privacy: Privacy,
    /// What is known of the answer kept already: the reply may then be [`ReplyStatus::NotModified`].
    pub validators: Option<Validators>,
    /// Where a broken transfer may go on.
    pub resume: Option<Resume>,
    /// The largest answer that is taken, in bytes, the part before a resumed one included.
    pub cap: u64,
    /// The Larders that this request has come through already, oldest first, from its [`HOP_HEADER`](crate::HOP_HEADER).
    pub hops: Vec<String>,
    /// Nodes of a pool that broke in this transfer already: they are asked last.
    pub avoid: Vec<String>,
    /// Where the nodes of a pool that are asked are noted.
    pub nodes: NodesAsked,
    /// The question's place in a trace: told to hosts of [`PassOn`](crate::PassOn), and to nobody else.
    pub trace: Option<TraceContext>,
}

impl Ask {
    /// A plain question: nothing kept, nothing begun, no Larder before this one.
    pub fn new(request: Request, privacy: Privacy, cap: u64) -> Self {
        Self {
            request,
            privacy,
            validators: None,
            resume: None,
            cap,
            hops: Vec::new(),
            avoid: Vec::new(),
            nodes: NodesAsked::default(),
            trace: None,
        }
    }
}

/// Who may hear the name of what is asked for, besides the upstream itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Whoever the upstream sends us to.
    Public,
    /// Only the origins that [`PrivateRedirects`](crate::PrivateRedirects) names.
    Private,
}

/// All of an [`Ask`] but what is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) privacy: Privacy,
    pub(crate) validators: Option<Validators>,
    pub(crate) resume: Option<Resume>,
    pub(crate) cap: u64,
    pub(crate) hops: Vec<String>,
    pub(crate) trace: Option<TraceContext>,
}

impl Terms {
    /// The same, for the whole answer.
    pub(crate) fn whole(&self) -> Self {
        Self {
            resume: None,
            ..self.clone()
        }
    }
}

impl Ask {
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            privacy: self.privacy,
            validators: self.validators.clone(),
            resume: self.resume.clone(),
            cap: self.cap,
            hops: self.hops.clone(),
            trace: self.trace.clone(),
        }
    }
}

/// How an upstream names the state of an answer (RFC 9110, section 8.8), as it sent them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag`, with its quotes.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// A transfer to go on with (RFC 9110, section 14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The first byte wanted: how many there are already.
    pub from: u64,
    /// The `ETag` of what the first part belongs to. A weak one allows no part, and the reply is whole.
    pub etag: String,
}

/// The head of a successful answer, and its body.
#[derive(Debug)]
pub struct Reply {
    /// Whether the body is all of it, the rest of it, or nothing.
    pub status: ReplyStatus,
    /// Length of this body in bytes, where the upstream told.
    pub content_length: Option<u64>,
    /// The `Content-Type` as it came.
    pub content_type: Option<String>,
    /// How the upstream names this state of the answer.
    pub validators: Validators,
    /// The protocol it came by, where it came over the network: `HTTP/1.1`, `HTTP/2`.
    pub protocol: Option<&'static str>,
    /// The node that answered, where the upstream is a pool.
    pub node: Option<NodeUse>,
    /// The body.
    pub body: Body,
}

/// What the body of a [`Reply`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyStatus {
    /// The whole answer, also where a part was asked for.
    Whole,
    /// What was asked for by [`Resume`].
    Partial {
        /// The position of the body's first byte.
        from: u64,
    },
    /// What is kept is still right; the body is empty.
    NotModified,
}

impl fmt::Display for ReplyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Partial { from } => write!(f, "partial from byte {from}"),
            Self::NotModified => f.write_str("not modified"),
        }
    }
}
