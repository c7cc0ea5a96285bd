//! One user: devices, sessions, sign-up, logins and resets, and what legacy ingestion made of it.
//!
//! Rows are as a raw export of a legacy project has them (identity.md L6): under the root once an
//! alias call has arrived, under the alias before (L10).

use super::name::{FIRST, Name, PROBES, Platform, anonymous};
use super::random::Random;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Mean number of rows of a session.
const SESSION: u64 = 8;
/// Mean gap between two rows of a session.
const GAP: i64 = 25 * SECOND;
/// Mean gap between two sessions of a user who has time enough.
const REST: i64 = DAY;
/// Shortest gap after an alias call that does not race with it.
const AFTER_ALIAS: i64 = 3 * SECOND;

/// Users in 1000 who are known by an id of the customer's at some time.
const IDENTIFIED: u64 = 230;
/// Of these, in 1000, those who sign up by `$create_alias`.
const BY_ALIAS: u64 = 600;
/// Of those, in 1000, those whose server was faster than the alias call.
const RACES: u64 = 80;
/// Rows of devices in 1000 that are hours late: 20 of all rows, as the first of a user and those of
/// servers never are.
const LATE: u64 = 24;
/// Users in 1000 who log in on another user's device.
const SHARED: u64 = 10;

/// What is known of a device that a user is on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Device {
    pub(super) key: u64,
    generation: u64,
    login: Login,
    /// What rows before a login are stored under.
    before: Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    No,
    Yes,
    /// A second alias call was refused, and the SDK goes on under the anonymous id (mixpanel-js#17).
    Stuck,
}

impl Device {
    fn new(key: u64) -> Self {
        Self { key, generation: 0, login: Login::No, before: Name::Anonymous(anonymous(key, 0)) }
    }

    /// The id that the SDK calls `$device_id`, now.
    fn anonymous(&self) -> u64 {
        anonymous(self.key, self.generation)
    }

    fn reset(&mut self) {
        self.generation += 1;
        self.login = Login::No;
        self.before = Name::Anonymous(self.anonymous());
    }
}

/// How the user becomes known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    Never,
    Alias,
    Identify,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Track,
    Server {
        /// Stored under the alias, because the alias call had not arrived (identity.md L10).
        race: bool,
    },
    /// `$create_alias` of the user's id to the id the row is stored under.
    Alias {
        refused: bool,
    },
    /// `$identify` or `$merge` of this id with the user's id.
    Identify {
        anonymous: Name,
    },
    Merge {
        anonymous: Name,
    },
}

/// One row, before it is spelled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) what: What,
    pub(super) time: i64,
    pub(super) arrival: i64,
    /// Comes hours after it happened.
    pub(super) late: bool,
    pub(super) stored: Name,
    /// Device and its `$device_id`; `None` of a server.
    pub(super) device: Option<(u64, u64)>,
    /// `$user_id`.
    pub(super) user: Option<u64>,
    /// First row of the user.
    pub(super) first: bool,
    /// The device was reset after this row.
    pub(super) reset: bool,
}

/// A user at some point of their life.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) number: u64,
    pub(super) random: Random,
    /// Rows to come.
    pub(super) left: u64,
    plan: Plan,
    /// When the last row is planned.
    ends: i64,
    /// Rows to come of this session.
    session: u64,
    devices: [Option<Device>; 4],
    device: usize,
    most_devices: u64,
    /// Has signed up.
    known: bool,
    /// Target of the alias, and when the alias call arrived.
    root: Option<(Name, i64)>,
    /// The next row is of a server that does not wait for the alias call.
    hurry: bool,
    begun: bool,
}

impl User {
    /// User number `number`, with at most `most` rows, beginning at `now`; `span` is how long
    /// the crowd is watched.
    pub(super) fn new(seed: u64, number: u64, most: u64, now: i64, span: i64, shared: &[Device]) -> Self {
        let mut random = Random::new(seed, number);
        let probe = usize::try_from(number).ok().and_then(|at| PROBES.get(at));
        let plan = match probe {
            Some(_) => Plan::Alias,
            None if !random.per_mille(IDENTIFIED) => Plan::Never,
            None if random.per_mille(BY_ALIAS) => Plan::Alias,
            None => Plan::Identify,
        };
        let least = if plan == Plan::Never { 2 } else { 5 };
        let left = probe.map_or_else(|| random.pareto(least, most), |(_, rows)| *rows);
        let most_devices = match random.below(10) {
            _ if plan == Plan::Never => 1,
            0..=4 => 1,
            5..=7 => 2,
            8 => 3,
            _ => 4,
        };
        let life = i64::try_from(left / SESSION).unwrap_or(0).saturating_mul(REST).min(span / 100 * 72);
        let mut user = Self {
            number,
            left,
            plan,
            ends: now + if probe.is_some() { span / 100 * 72 } else { life },
            session: 0,
            devices: [Some(Device::new(random.next())), None, None, None],
            device: 0,
            most_devices,
            known: false,
            root: None,
            hurry: false,
            begun: false,
            random,
        };
        if plan != Plan::Never && probe.is_none() && user.random.per_mille(SHARED) && !shared.is_empty() {
            let at = usize::try_from(user.random.below(shared.len() as u64)).unwrap_or(0);
            if let Some(device) = shared.get(at) {
                user.devices[0] = Some(*device);
                user.plan = Plan::Identify;
            }
        }
        user
    }

    /// Whether all rows of the user are to belong to one journey, and to be in the file.
    pub(super) fn is_probe(&self) -> bool {
        self.number < FIRST
    }

    /// A device that the user was logged in on and left so, for others to go on with.
    pub(super) fn shares(&self) -> Option<Device> {
        let device = self.devices.get(self.device).copied().flatten()?;
        let usable = device.login == Login::Yes && !self.is_probe() && self.session == 0;
        usable.then(|| Device { login: Login::No, before: self.stored(&device), ..device })
    }

    /// The next row, at `now`.
    pub(super) fn row(&mut self, now: i64) -> Row {
        if self.session == 0 && !self.hurry {
            self.begin_session();
        }
        let mut device = self.devices.get(self.device).copied().flatten().unwrap_or_else(|| Device::new(self.number));
        let mut what = self.what(&device);
        let (wait, late) = self.delay(what, &device);
        let arrival = now + wait;
        let stored = match what {
            What::Server { .. } => match self.root {
                Some((_, known)) if arrival < known => {
                    what = What::Server { race: true };
                    Name::User(self.number)
                }
                _ => self.own(),
            },
            What::Alias { refused: true } | What::Track => self.stored(&device),
            What::Alias { refused: false } => {
                self.root = Some((device.before, arrival));
                device.before
            }
            What::Identify { .. } | What::Merge { .. } => self.own(),
        };
        match what {
            What::Alias { refused: true } => device.login = Login::Stuck,
            What::Alias { .. } | What::Identify { .. } | What::Merge { .. } => device.login = Login::Yes,
            What::Track | What::Server { .. } => {}
        }
        self.known |= !matches!(what, What::Track | What::Server { .. });
        self.hurry = what == What::Alias { refused: false } && !self.is_probe() && self.random.per_mille(RACES);
        let server = matches!(what, What::Server { .. });
        let logged_in = device.login != Login::No;
        let (key, anonymous) = (device.key, device.anonymous());
        self.left = self.left.saturating_sub(1);
        self.session = self.session.saturating_sub(1);
        let leaves = self.session == 0 && logged_in && !self.is_probe() && what == What::Track;
        let reset = leaves && self.random.per_mille(60);
        if reset {
            device.reset();
        }
        if let Some(place) = self.devices.get_mut(self.device) {
            *place = Some(device);
        }
        Row {
            what,
            time: now,
            arrival,
            late,
            stored,
            device: (!server).then_some((key, anonymous)),
            user: (server || logged_in).then_some(self.number),
            first: !std::mem::replace(&mut self.begun, true),
            reset,
        }
    }

    /// How long after `now` the next row happens.
    pub(super) fn pause(&mut self, after: What, now: i64) -> i64 {
        if self.hurry {
            return 120;
        }
        let left = i64::try_from(self.left).unwrap_or(i64::MAX).max(1);
        let time = (self.ends - now).max(0);
        let gap = GAP.min(time / left.saturating_mul(2)).max(2);
        let pause = if self.session > 0 {
            self.random.exponential(gap)
        } else {
            let sessions = left / i64::try_from(SESSION).unwrap_or(1) + 1;
            let mean = (time - left.saturating_mul(gap)).max(0) / sessions;
            self.random.exponential(mean).min(mean.saturating_mul(3)) + self.random.exponential(gap)
        };
        if after == (What::Alias { refused: false }) { pause.max(AFTER_ALIAS) } else { pause.max(1) }
    }

    fn begin_session(&mut self) {
        self.session = 1 + u64::try_from(self.random.exponential(SESSION.cast_signed() - 1)).unwrap_or(0);
        let used = self.devices.iter().flatten().count();
        let more = u64::try_from(used).is_ok_and(|used| used < self.most_devices);
        if self.known && more && self.random.per_mille(250) {
            let device = Device::new(self.random.next());
            if let Some(place) = self.devices.get_mut(used) {
                *place = Some(device);
                self.device = used;
            }
        } else if used > 1 && self.random.per_mille(300) {
            self.device = usize::try_from(self.random.below(used as u64)).unwrap_or(0);
        }
    }

    fn what(&mut self, device: &Device) -> What {
        if std::mem::take(&mut self.hurry) {
            return What::Server { race: false };
        }
        if self.plan != Plan::Never && device.login == Login::No {
            let now = if self.known {
                self.is_probe() || self.random.per_mille(350)
            } else {
                self.begun && self.random.per_mille(300)
            };
            if now {
                return self.log_in(device);
            }
        } else if self.known && self.random.per_mille(120) {
            return What::Server { race: false };
        }
        What::Track
    }

    fn log_in(&mut self, device: &Device) -> What {
        if !self.known {
            return match self.plan {
                Plan::Alias => What::Alias { refused: false },
                _ => What::Identify { anonymous: device.before },
            };
        }
        match self.random.below(100) {
            0..=2 if !self.is_probe() => What::Merge { anonymous: device.before },
            // On a device of its own the id is new, so the call asks for another target.
            3..=7 if !self.is_probe() && self.root.is_some_and(|(root, _)| root != device.before) => {
                What::Alias { refused: true }
            }
            _ => What::Identify { anonymous: device.before },
        }
    }

    /// How long a row is on its way, and whether that is long.
    fn delay(&mut self, what: What, device: &Device) -> (i64, bool) {
        let random = &mut self.random;
        match what {
            What::Server { .. } => (50 + random.exponential(80).min(150), false),
            What::Track if self.begun && random.per_mille(LATE) => {
                (MINUTE + random.exponential(20 * HOUR).min(10 * DAY), true)
            }
            What::Track if Platform::of(device.key).is_web() => (200 + random.exponential(2 * SECOND), false),
            What::Track => (SECOND + random.below(60_000).cast_signed(), false),
            _ => (300 + random.exponential(500).min(2 * SECOND), false),
        }
    }

    /// What a row that says the user's id is stored under, when the alias call has arrived.
    fn own(&self) -> Name {
        self.root.map_or(Name::User(self.number), |(root, _)| root)
    }

    fn stored(&self, device: &Device) -> Name {
        match device.login {
            Login::Yes => self.own(),
            Login::No | Login::Stuck => device.before,
        }
    }
}
