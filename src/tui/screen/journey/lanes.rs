//! The order of the rows, and the lanes that they are drawn in.

use std::sync::Arc;

use super::State;
use crate::tui::timeline::order::Track;
use crate::tui::timeline::{Clock, Devices, Order, Unmerged};
use crate::tui::when::Zone;

impl State {
    /// Orders the rows anew, as they were ordered.
    pub(super) fn put_in_order(&mut self) {
        self.order_by(self.order.zone(), self.order.clock(), self.order.unmerged());
    }

    /// Orders the rows by another clock, or moves rows that are not merged.
    pub(super) fn set_order(&mut self, clock: Clock, unmerged: Unmerged) {
        let row = self.row_index();
        self.order_by(self.order.zone(), clock, unmerged);
        self.lay(row);
    }

    pub(super) fn order_by(&mut self, zone: Zone, clock: Clock, unmerged: Unmerged) {
        self.order = Arc::new(Order::new(&self.journey, &self.timeline, zone, clock, unmerged));
        self.devices = self.devices.take().map(|_| Devices::new(&self.journey, &self.timeline, &self.order));
    }

    /// Lanes by device, or by id again.
    pub(super) fn turn_lanes(&mut self) {
        let row = self.row_index();
        self.devices = match self.devices.take() {
            Some(_) => None,
            None => Some(Devices::new(&self.journey, &self.timeline, &self.order)),
        };
        self.lay(row);
    }

    /// The lanes, where they are by device.
    pub fn devices(&self) -> Option<&Devices> {
        self.devices.as_ref()
    }

    pub(super) fn lane_count(&self) -> usize {
        self.devices.as_ref().map_or_else(|| self.timeline.lanes().len(), |devices| devices.list().len())
    }

    pub(super) fn lane_label(&self, lane: usize) -> &str {
        match &self.devices {
            Some(devices) => devices.list().get(lane).map_or("", |lane| lane.label.as_str()),
            None => self.timeline.lanes().get(lane).map_or("", |lane| lane.label.as_str()),
        }
    }

    /// The lane that a position is drawn in.
    pub(super) fn lane_at(&self, position: usize) -> Option<u32> {
        match &self.devices {
            Some(devices) => devices.lane(position),
            None => self.order.row(&self.timeline, position)?.lane,
        }
    }

    /// How a lane is drawn at a position.
    pub(super) fn track(&self, lane: usize, position: usize) -> Track {
        match &self.devices {
            Some(devices) => devices.track(lane, position),
            None => self.order.track(&self.timeline, lane, position),
        }
    }
}
