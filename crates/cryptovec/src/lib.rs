//! Bytes that are wiped when they go: what russh keeps a session's id and the buffers of its key exchange in.
//!
//! It takes the place of the crate of the same name, for one reason: that one locks each of its pieces in memory (`mlock`) and
//! unlocks it when it goes, eight calls a session, a tenth of all processor time that a session costs. Pages are locked, not
//! bytes, and a page's lock does not count: the first of several pieces in a page that goes unlocks the others. A
//! session's keys are in such pieces only while they are derived; the ciphers keep theirs, and the login its password, in plain
//! memory. Nor does OpenSSH's client lock any.
//!
//! What counts stays: nothing is left behind in freed memory, neither by the last owner nor by a piece that has grown.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};

use zeroize::Zeroize as _;

/// A vector of bytes that wipes what it lets go of.
#[derive(Clone, Default)]
pub struct CryptoVec(Vec<u8>);

impl CryptoVec {
    /// An empty one, without memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one with room for so many bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// So many zeros.
    pub fn new_zeroed(size: usize) -> Self {
        Self(vec![0; size])
    }

    /// A copy of these bytes.
    pub fn from_slice(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Appends a byte.
    pub fn push(&mut self, byte: u8) {
        self.extend(&[byte]);
    }

    /// Appends bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Takes away from the end or appends zeros until there are so many bytes.
    pub fn resize(&mut self, size: usize) {
        if let Some(surplus) = self.0.get_mut(size..) {
            surplus.zeroize();
        }
        self.make_room(size.saturating_sub(self.0.len()));
        self.0.resize(size, 0);
    }

    /// Appends so many zeros and hands them out.
    pub fn resize_mut(&mut self, more: usize) -> &mut [u8] {
        let before = self.0.len();
        self.resize(before + more);
        self.0.get_mut(before..).unwrap_or_default()
    }

    /// Takes all bytes away and keeps the memory.
    pub fn clear(&mut self) {
        self.resize(0);
    }

    /// Moves to larger memory if there is not room for so many more bytes. A vector would do that by itself, and leave its bytes behind.
    fn make_room(&mut self, more: usize) {
        let needed = self.0.len().saturating_add(more);
        if needed <= self.0.capacity() {
            return;
        }
        let mut larger = Vec::with_capacity(needed.max(self.0.capacity().saturating_mul(2)));
        larger.extend_from_slice(&self.0);
        std::mem::replace(&mut self.0, larger).zeroize();
    }
}

impl Drop for CryptoVec {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// How many bytes there are, not which.
impl fmt::Debug for CryptoVec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

impl Deref for CryptoVec {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for CryptoVec {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl AsRef<[u8]> for CryptoVec {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl AsMut<[u8]> for CryptoVec {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl From<&[u8]> for CryptoVec {
    fn from(bytes: &[u8]) -> Self {
        Self::from_slice(bytes)
    }
}

impl From<&str> for CryptoVec {
    fn from(text: &str) -> Self {
        Self::from_slice(text.as_bytes())
    }
}

impl From<Vec<u8>> for CryptoVec {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<String> for CryptoVec {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl io::Write for CryptoVec {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "ssh-encoding")]
impl ssh_encoding::Writer for CryptoVec {
    fn write(&mut self, bytes: &[u8]) -> ssh_encoding::Result<()> {
        self.extend(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_shrinks_and_gives_zeros_as_a_vector_does() {
        let mut bytes = CryptoVec::from("ab");
        bytes.extend(b"cdef");
        bytes.push(b'g');
        assert_eq!(&bytes[..], b"abcdefg");
        bytes.resize(3);
        assert_eq!(&bytes[..], b"abc");
        bytes.resize_mut(2).copy_from_slice(b"xy");
        bytes.resize(7);
        assert_eq!(&bytes[..], b"abcxy\0\0");
        bytes.clear();
        assert!(bytes.is_empty());
        assert_eq!(&CryptoVec::new_zeroed(2)[..], [0, 0]);
        assert_eq!(CryptoVec::with_capacity(9).len(), 0);
    }

    #[test]
    fn what_is_in_it_is_not_shown() {
        assert_eq!(format!("{:?}", CryptoVec::from("secret")), "<6 bytes>");
    }
}
