//! A DNS server of a few names, on loopback: what it says can be changed, and it can fall silent.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

pub(super) struct FakeDns {
    pub(super) address: SocketAddr,
    zone: Arc<Zone>,
    task: JoinHandle<()>,
}

/// What a name has, and for how many seconds.
type Records = HashMap<(String, RecordType), Vec<(u32, RData)>>;

#[derive(Default)]
struct Zone {
    records: Mutex<Records>,
    silent: AtomicBool,
    asked: AtomicUsize,
}

impl FakeDns {
    pub(super) async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let zone = Arc::new(Zone::default());
        let shared = Arc::clone(&zone);
        let task = tokio::spawn(async move {
            let mut packet = [0; 1500];
            loop {
                let (length, from) = socket.recv_from(&mut packet).await.unwrap();
                shared.asked.fetch_add(1, Ordering::Relaxed);
                if !shared.silent.load(Ordering::Relaxed) {
                    let answer = shared.answer(&packet[..length]);
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        Self {
            address,
            zone,
            task,
        }
    }

    /// This name has these addresses from now on.
    pub(super) fn addresses(&self, name: &str, ttl: u32, addresses: &[Ipv4Addr]) {
        let data = addresses.iter().map(|ip| (ttl, RData::A(A(*ip)))).collect();
        self.set(name, RecordType::A, data);
    }

    /// This service has these targets from now on: priority, weight, port, name.
    pub(super) fn targets(&self, name: &str, ttl: u32, targets: &[(u16, u16, u16, &str)]) {
        let data = targets.iter().map(|&(priority, weight, port, target)| {
            let target = Name::from_ascii(target).unwrap();
            (ttl, RData::SRV(SRV::new(priority, weight, port, target)))
        });
        self.set(name, RecordType::SRV, data.collect());
    }

    pub(super) fn be_silent(&self, silent: bool) {
        self.zone.silent.store(silent, Ordering::Relaxed);
    }

    pub(super) fn asked(&self) -> usize {
        self.zone.asked.load(Ordering::Relaxed)
    }

    fn set(&self, name: &str, kind: RecordType, data: Vec<(u32, RData)>) {
        let key = (format!("{name}."), kind);
        self.zone.records.lock().unwrap().insert(key, data);
    }
}

impl Drop for FakeDns {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Zone {
    fn answer(&self, packet: &[u8]) -> Vec<u8> {
        let query = Message::from_vec(packet).unwrap();
        let question = query.queries[0].clone();
        let records = self.records.lock().unwrap();
        let name = question.name().to_ascii().to_lowercase();
        let known = records.keys().any(|(known, _)| *known == name);
        let found = records.get(&(name, question.query_type()));
        let mut answer = query.into_response();
        if !known {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        for (ttl, data) in found.into_iter().flatten() {
            answer.add_answer(Record::from_rdata(
                question.name().clone(),
                *ttl,
                data.clone(),
            ));
        }
        answer.to_vec().unwrap()
    }
}
