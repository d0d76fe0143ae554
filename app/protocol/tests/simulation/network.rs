//! Packets under way: each may arrive, late or twice or never, in any order.

use protocol::outbox::{Answer, SessionId, Try};

use crate::reference::Ask;

#[derive(Clone, Debug)]
pub(crate) enum Packet {
    Request { from: SessionId, of: Try, ask: Ask },
    Reply { to: SessionId, of: Try, answer: Answer },
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    packets: Vec<Packet>,
    pub(crate) offline: bool,
}

impl Network {
    pub(crate) fn push(&mut self, packet: Packet) {
        self.packets.push(packet);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Takes one of the packets out, whichever the draw names.
    pub(crate) fn take(&mut self, draw: u64) -> Option<Packet> {
        let count = self.packets.len() as u64;
        if count == 0 { None } else { Some(self.packets.remove((draw % count) as usize)) }
    }

    /// Lets one request arrive once more, as browsers and proxies do by themselves.
    pub(crate) fn duplicate(&mut self, draw: u64) {
        let count = self.packets.len() as u64;
        if count > 0
            && let packet @ Packet::Request { .. } = &self.packets[(draw % count) as usize]
        {
            self.packets.push(packet.clone());
        }
    }
}
