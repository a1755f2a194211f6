//! The stable codes of everything that can be wrong with a policy. A code is never given a second meaning.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $title:literal;)*) => {
        /// A stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as it is written, for example `P011`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What the code stands for, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The file is not UTF-8 text.
    NotText = "P001", "not UTF-8 text";
    /// The file, or a part of it, is over a limit.
    TooLarge = "P002", "over a limit";
    /// The YAML cannot be read.
    Syntax = "P003", "YAML syntax";
    /// YAML that a policy does not use.
    Unsupported = "P004", "YAML feature not used in policies";
    /// A key stands twice in one mapping.
    DuplicateKey = "P005", "duplicate key";
    /// Neither an auditgate policy nor a Kubernetes one.
    UnknownKind = "P010", "unknown apiVersion or kind";
    /// A key that does not exist here.
    UnknownKey = "P011", "unknown key";
    /// A key that has to be there.
    MissingKey = "P012", "missing key";
    /// A list where text belongs, and the like.
    WrongType = "P013", "wrong type";
    /// Not one of the possible values.
    UnknownValue = "P014", "unknown value";
    /// A number outside its range.
    OutOfRange = "P015", "number out of range";
    /// A name that is used twice.
    DuplicateName = "P016", "duplicate name";
    /// A destination, preset or catalogue entry that does not exist.
    UnknownReference = "P017", "unknown reference";
    /// Keys that exclude or need each other.
    Conflict = "P018", "keys that do not go together";
    /// Text that is not the name, wildcard, path, address or URL that belongs there.
    Malformed = "P019", "malformed value";
    /// A secret written into the policy.
    LiteralSecret = "P020", "secret in the policy";
    /// A path that nothing can stand at.
    Unreachable = "P022", "path that can match nothing";
    /// A destination whose properties are not what the output role needs. Told by `auditgate check`.
    Undeliverable = "P023", "destination that cannot be delivered to";
    /// A key that Kubernetes ignores.
    IgnoredKey = "P101", "ignored key";
    /// A rule that an earlier one leaves nothing to. Told by `auditgate check`, as are those below.
    Shadowed = "P102", "rule that never decides";
    /// A destination that no event is sent to.
    Unrouted = "P103", "destination that nothing routes to";
    /// A part of the catalogue is switched off.
    Opened = "P104", "secrets left in";
    /// A rule drops or changes what a known detection reads.
    HidesDetection = "P105", "hides what a detection reads";
}
