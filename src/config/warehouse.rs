//! What the settings say of a warehouse. No secret is among it.

use std::path::PathBuf;

/// `[warehouse]` of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warehouse {
    /// Its address, for commands that name no store.
    pub url: Option<String>,
    /// The variable with the user.
    pub user_env: Option<String>,
    /// The variable with the password.
    pub password_env: Option<String>,
    /// A file of certificates, in PEM.
    pub ca: Option<PathBuf>,
    /// Seconds that a question may take.
    pub seconds: Option<u64>,
    /// Rows that a question may read.
    pub rows: Option<u64>,
    /// Bytes that a question may read.
    pub bytes: Option<u64>,
}

impl Warehouse {
    /// The names of its settings.
    pub const NAMES: [&str; 7] = ["url", "user_env", "password_env", "ca", "seconds", "rows", "bytes"];

    /// What is set, in the order of [`Warehouse::NAMES`], as a file of settings has it.
    pub fn set(&self) -> [(&'static str, Option<String>); 7] {
        let text = |text: &Option<String>| text.as_ref().map(|text| format!("{text:?}"));
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        [
            ("url", text(&self.url)),
            ("user_env", text(&self.user_env)),
            ("password_env", text(&self.password_env)),
            ("ca", self.ca.as_ref().map(|path| format!("{:?}", path.to_string_lossy()))),
            ("seconds", number(self.seconds)),
            ("rows", number(self.rows)),
            ("bytes", number(self.bytes)),
        ]
    }
}
