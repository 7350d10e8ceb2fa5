//! Who is let in: the token, and addresses that have lately brought wrong ones, over HTTP and gRPC alike.

mod failures;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::ServerError;
use failures::Failures;

/// A secret that requests have to bring. Only its hash is kept, and nothing prints it.
#[derive(Clone)]
pub struct Token(Arc<[u8; 32]>);

impl Token {
    /// The first line of `file`.
    ///
    /// # Errors
    /// [`ServerError::File`] when it cannot be read or the line is shorter than 16 bytes.
    pub fn read(file: &Path) -> Result<Self, ServerError> {
        let secret = crate::secret::read("the token file", file)?;
        Ok(Self::new(&secret))
    }

    /// The token `secret`.
    pub fn new(secret: &[u8]) -> Self {
        Self(Arc::new(Sha256::digest(secret).into()))
    }

    /// Whether `offered` is it, in a time that does not depend on how much of it is right.
    pub fn is(&self, offered: &[u8]) -> bool {
        let offered: [u8; 32] = Sha256::digest(offered).into();
        self.0.ct_eq(&offered).into()
    }
}

/// Who has to bring a token, and who has lately brought a wrong one.
#[derive(Clone)]
pub struct Door {
    token: Option<Token>,
    failures: Arc<Failures>,
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The token is missing or wrong.
    NoToken,
    /// It is wrong, as were too many others from this address.
    TooMany,
}

impl Door {
    /// A door that `token` opens, or an open one.
    pub fn new(token: Option<Token>) -> Self {
        Self { token, failures: Arc::default() }
    }

    /// An open one.
    pub fn open() -> Self {
        Self::new(None)
    }

    /// Lets `peer` in if there is no token or it has `offered` it. The right one always opens, since those who guess and
    /// those who know it may share an address.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn admit<'a>(
        &self,
        peer: Option<IpAddr>,
        offered: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return Ok(()) };
        let mut guessed = false;
        for offered in offered {
            if token.is(offered) {
                return Ok(());
            }
            guessed = true;
        }
        // Who brings nothing does not guess: a page that asks for the token begins so.
        let Some(peer) = peer.filter(|_| guessed) else { return Err(Refusal::NoToken) };
        let now = Instant::now();
        let too_many = self.failures.too_many(peer, now);
        self.failures.count(peer, now);
        Err(if too_many { Refusal::TooMany } else { Refusal::NoToken })
    }
}

/// The token in the value of an `authorization` header.
pub fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_is_the_token() {
        let token = Token::new(b"a long enough secret");
        assert!(token.is(b"a long enough secret"));
        for wrong in [&b""[..], b"a long enough secre", b"a long enough secret "] {
            assert!(!token.is(wrong));
        }
    }

    #[test]
    fn a_bearer_is_named_in_any_case() {
        assert_eq!(bearer(b"bearer x"), Some(&b"x"[..]));
        assert_eq!((bearer(b"Basic x"), bearer(b"Bearer")), (None, None));
    }

    #[test]
    fn one_right_token_of_several_opens_and_an_open_door_asks_for_none() {
        let door = Door::new(Some(Token::new(b"a long enough secret")));
        let (peer, wrong) = (Some(IpAddr::from([10, 0, 0, 1])), &b"wrong"[..]);
        assert_eq!(door.admit(peer, [wrong, b"a long enough secret"]), Ok(()));
        assert_eq!(door.admit(peer, [wrong]), Err(Refusal::NoToken));
        assert_eq!(door.admit(peer, []), Err(Refusal::NoToken));
        assert_eq!(Door::open().admit(peer, []), Ok(()));
    }
}
