//! The name of a reply: the name of its RPC, and the PIC it was asked of where an RPC is asked of each PIC.
//!
//! It is the `rpc` of run reports (`pic_detail_0_1`) and is a part of file names
//! (`{device}_pic_detail_0_1_raw.xml`). No RPC's own name ends as a PIC does, so a name is read in one way only.

use std::fmt;

/// The slots of a PIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PicSlots {
    /// Slot of the FPC.
    pub fpc: u32,
    /// Slot of the PIC on the FPC.
    pub pic: u32,
}

/// The name of one reply of a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyName {
    /// The RPC's name in the catalogue.
    pub rpc: String,
    /// The PIC that it was asked of.
    pub pic: Option<PicSlots>,
}

impl ReplyName {
    /// The reply of an RPC that is asked once.
    pub fn whole(rpc: &str) -> Self {
        Self {
            rpc: rpc.to_owned(),
            pic: None,
        }
    }

    /// The reply of an RPC that is asked of each PIC.
    pub fn of_pic(rpc: &str, fpc: u32, pic: u32) -> Self {
        Self {
            rpc: rpc.to_owned(),
            pic: Some(PicSlots { fpc, pic }),
        }
    }

    /// Reads a name as [`Display`](fmt::Display) writes it. Every text is a name; one that ends in two numbers is that of a
    /// PIC's reply.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.rsplitn(3, '_');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(pic), Some(fpc), Some(rpc)) if !rpc.is_empty() => match (slot(fpc), slot(pic)) {
                (Some(fpc), Some(pic)) => Self::of_pic(rpc, fpc, pic),
                _ => Self::whole(text),
            },
            _ => Self::whole(text),
        }
    }

    /// Takes the name of a reply of `rpc` off the end of a file's name without its suffix, and gives what stands before it:
    /// `a_pic_detail_0_1` is (`a`, `pic_detail_0_1`).
    pub fn split_off<'s>(stem: &'s str, rpc: &str) -> Option<(&'s str, Self)> {
        let before = |stem: &'s str| stem.strip_suffix(rpc)?.strip_suffix('_');
        if let Some(before) = before(stem) {
            return Some((before, Self::whole(rpc)));
        }
        let pic = Self::parse(stem).pic?;
        let slots = stem.rmatch_indices('_').nth(1)?.0;
        let before = before(&stem[..slots])?;
        Some((before, Self::of_pic(rpc, pic.fpc, pic.pic)))
    }
}

impl fmt::Display for ReplyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rpc)?;
        match self.pic {
            Some(PicSlots { fpc, pic }) => write!(f, "_{fpc}_{pic}"),
            None => Ok(()),
        }
    }
}

/// A slot as [`fmt::Display`] writes it: digits alone, none before the first but a single 0.
fn slot(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_at_the_end_are_a_pic() {
        assert_eq!(
            ReplyName::parse("pic_detail_0_12"),
            ReplyName::of_pic("pic_detail", 0, 12)
        );
        for name in [
            "pic_detail",
            "x_1",
            "_0_1",
            "0_1",
            "a_01_2",
            "a_+1_2",
            "a_1_99999999999",
            "",
        ] {
            assert_eq!(ReplyName::parse(name), ReplyName::whole(name), "{name}");
        }
    }

    #[test]
    fn a_file_is_named_after_device_and_reply() {
        let split = |stem, rpc| ReplyName::split_off(stem, rpc);
        assert_eq!(
            split("lab%2Fa_pic_detail_0_12", "pic_detail"),
            Some(("lab%2Fa", ReplyName::of_pic("pic_detail", 0, 12)))
        );
        assert_eq!(
            split("a_1_2_pic_detail", "pic_detail"),
            Some(("a_1_2", ReplyName::whole("pic_detail")))
        );
        assert_eq!(split("a_optics", "pic_detail"), None);
        assert_eq!(split("pic_detail", "pic_detail"), None, "no device");
        assert_eq!(split("a_pic_detail_0", "pic_detail"), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_again(rpc in "[a-z][a-z_]{0,12}[a-z]", fpc: u32, pic: u32, device in "[a-z0-9_%]{1,12}") {
            for name in [ReplyName::whole(&rpc), ReplyName::of_pic(&rpc, fpc, pic)] {
                proptest::prop_assert_eq!(ReplyName::parse(&name.to_string()), name.clone());
                let stem = format!("{device}_{name}");
                proptest::prop_assert_eq!(ReplyName::split_off(&stem, &rpc), Some((device.as_str(), name)));
            }
        }
    }
}
