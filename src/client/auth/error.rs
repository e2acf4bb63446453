//! What can be wrong with a key or a `.creds` file. The words never repeat what was given.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    Empty,
    /// A letter that base32 does not have.
    NotBase32,
    /// So many characters.
    SeedLength(usize),
    /// The checksum does not fit: something was mistyped.
    Checksum,
    /// A public key, which cannot sign.
    PublicKey,
    /// Starts like no key at all.
    NotASeed,
    /// The seed of somebody who does not connect.
    SeedOf(&'static str),
    /// No JWT block.
    NoJwt,
    /// No seed block.
    NoSeed,
    /// Not three parts of base64url with claims in the middle.
    NotAJwt,
    /// The JWT of somebody who does not connect.
    JwtOf(String),
    /// The seed is not the one the JWT was made for.
    OtherUser,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Empty => f.write_str("no seed was given"),
            Error::NotBase32 => f.write_str("this is no NKEY seed: seeds are written with A to Z and 2 to 7 only"),
            Error::SeedLength(length) => write!(f, "an NKEY seed has 58 characters, this has {length}"),
            Error::Checksum => f.write_str("the seed's checksum is wrong: a character was mistyped or is missing"),
            Error::PublicKey => f.write_str("this is a public key; to sign, the seed is needed, which starts with SU"),
            Error::NotASeed => f.write_str("this is no NKEY seed: a user's starts with SU"),
            Error::SeedOf(whose) => {
                write!(f, "this is the seed of {whose}, which stays with its owner; a user's starts with SU")
            }
            Error::NoJwt => f.write_str("no \"BEGIN NATS USER JWT\" block was found: is this a .creds file?"),
            Error::NoSeed => f.write_str("no \"BEGIN USER NKEY SEED\" block was found: is the .creds file complete?"),
            Error::NotAJwt => f.write_str("the JWT in the file cannot be read: was it cut or changed?"),
            Error::JwtOf(whose) => {
                write!(f, "the JWT in the file is of kind {whose:?}; to connect, a user's is needed")
            }
            Error::OtherUser => {
                f.write_str("the seed does not belong to the JWT beside it: they are of different users")
            }
        }
    }
}

impl std::error::Error for Error {}
