//! Reading BER (X.690): definite and indefinite lengths, strings in one piece or in many, as real mail has them.
//! Nothing is copied until a value is asked for; depth is bounded.

/// How deep elements may stand in one another: a SignedData with its certificates needs some fifteen.
const DEEPEST: usize = 40;

/// Universal tags, with the constructed bit where it belongs.
pub(super) mod tag {
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    const CONSTRUCTED: u8 = 0x20;

    /// `[n]` of the context, primitive.
    pub(crate) const fn context(n: u8) -> u8 {
        0x80 | n
    }

    /// `[n]` of the context, constructed.
    pub(crate) const fn constructed_context(n: u8) -> u8 {
        0x80 | CONSTRUCTED | n
    }

    pub(super) const fn is_constructed(tag: u8) -> bool {
        tag & CONSTRUCTED != 0
    }

    pub(crate) const fn primitive(tag: u8) -> u8 {
        tag & !CONSTRUCTED
    }
}

/// The bytes are no BER, or BER that is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotBer;

/// One element: tag, length, contents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// The identifier octet; tags above 30 do not occur in CMS.
    pub(super) tag: u8,
    /// The element as it stands, end-of-contents octets included.
    pub(super) raw: &'a [u8],
    /// What stands inside, end-of-contents octets excluded.
    pub(super) content: &'a [u8],
    /// Whether the length was given, or marked by end-of-contents octets.
    pub(super) is_definite: bool,
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element, whatever it is.
    pub(super) fn next(&mut self) -> Result<Element<'a>, NotBer> {
        let element = element_at(self.0, DEEPEST)?;
        self.0 = self.0.get(element.raw.len()..).ok_or(NotBer)?;
        Ok(element)
    }

    /// The next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Element<'a>, NotBer> {
        self.optional(tag)?.ok_or(NotBer)
    }

    /// The next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, NotBer> {
        if self.0.first() == Some(&tag) { self.next().map(Some) } else { Ok(None) }
    }

    /// The next element, which must be an OCTET STRING, in one piece or in many.
    pub(super) fn octet_string(&mut self) -> Result<Vec<u8>, NotBer> {
        let element = self.next()?;
        if tag::primitive(element.tag) == tag::OCTET_STRING { element.octets() } else { Err(NotBer) }
    }

    /// The next element, which must be an OBJECT IDENTIFIER, as dotted numbers.
    pub(super) fn oid(&mut self) -> Result<String, NotBer> {
        dotted(self.expect(tag::OID)?.content)
    }
}

impl<'a> Element<'a> {
    /// A reader of what stands inside.
    pub(super) fn reader(&self) -> Reader<'a> {
        Reader(self.content)
    }

    /// The octets of a string: its contents, or those of its segments (X.690 §8.7.3).
    pub(super) fn octets(&self) -> Result<Vec<u8>, NotBer> {
        let mut octets = Vec::new();
        self.push_octets(&mut octets, DEEPEST)?;
        Ok(octets)
    }

    /// The dotted numbers of an OBJECT IDENTIFIER.
    pub(super) fn as_oid(&self) -> Result<String, NotBer> {
        if self.tag == tag::OID { dotted(self.content) } else { Err(NotBer) }
    }

    fn push_octets(&self, octets: &mut Vec<u8>, depth: usize) -> Result<(), NotBer> {
        if !tag::is_constructed(self.tag) {
            octets.extend_from_slice(self.content);
            return Ok(());
        }
        let depth = depth.checked_sub(1).ok_or(NotBer)?;
        let mut segments = self.reader();
        while !segments.is_empty() {
            let segment = segments.next()?;
            if tag::primitive(segment.tag) != tag::OCTET_STRING {
                return Err(NotBer);
            }
            segment.push_octets(octets, depth)?;
        }
        Ok(())
    }

    /// The element with definite, shortest lengths and whole strings: its DER, but for the order of sets.
    pub(super) fn to_der(self) -> Result<Vec<u8>, NotBer> {
        let mut der = Vec::with_capacity(self.raw.len());
        self.push_der(&mut der, DEEPEST)?;
        Ok(der)
    }

    fn push_der(&self, der: &mut Vec<u8>, depth: usize) -> Result<(), NotBer> {
        let depth = depth.checked_sub(1).ok_or(NotBer)?;
        if !tag::is_constructed(self.tag) {
            push_element(der, self.tag, self.content);
        } else if tag::primitive(self.tag) == tag::OCTET_STRING {
            push_element(der, tag::OCTET_STRING, &self.octets()?);
        } else {
            let mut content = Vec::with_capacity(self.content.len());
            let mut children = self.reader();
            while !children.is_empty() {
                children.next()?.push_der(&mut content, depth)?;
            }
            push_element(der, self.tag, &content);
        }
        Ok(())
    }
}

/// Writes an element with a definite length.
pub(super) fn push_element(der: &mut Vec<u8>, tag: u8, content: &[u8]) {
    der.push(tag);
    let length = content.len();
    if length < 0x80 {
        der.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let first = octets.iter().position(|&octet| octet != 0).unwrap_or(octets.len() - 1);
        let significant = octets.get(first..).unwrap_or_default();
        der.push(0x80 | significant.len() as u8);
        der.extend_from_slice(significant);
    }
    der.extend_from_slice(content);
}

/// An OBJECT IDENTIFIER as dotted numbers.
pub(super) fn dotted(content: &[u8]) -> Result<String, NotBer> {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc: u64 = 0;
    for &octet in content {
        arc = arc.checked_mul(128).ok_or(NotBer)? + u64::from(octet & 0x7F);
        if octet & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.extend([first, arc - first * 40]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    if arcs.is_empty() || content.last().is_some_and(|octet| octet & 0x80 != 0) {
        return Err(NotBer);
    }
    Ok(arcs.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

/// The content type of a ContentInfo (RFC 5652 §3), even when what follows is cut off.
pub(super) fn content_type_of(bytes: &[u8]) -> Option<String> {
    let (tag, _, header) = header_of(bytes).ok()?;
    if tag != tag::SEQUENCE {
        return None;
    }
    Reader(bytes.get(header..)?).oid().ok()
}

fn element_at(bytes: &[u8], depth: usize) -> Result<Element<'_>, NotBer> {
    let (tag, length, header) = header_of(bytes)?;
    if let Some(length) = length {
        let end = header.checked_add(length).ok_or(NotBer)?;
        return Ok(Element {
            tag,
            raw: bytes.get(..end).ok_or(NotBer)?,
            content: bytes.get(header..end).ok_or(NotBer)?,
            is_definite: true,
        });
    }
    let inside = bytes.get(header..).ok_or(NotBer)?;
    let length = length_to_end_of_contents(inside, depth)?;
    Ok(Element {
        tag,
        raw: bytes.get(..header + length + 2).ok_or(NotBer)?,
        content: inside.get(..length).ok_or(NotBer)?,
        is_definite: false,
    })
}

/// How many bytes stand before the end-of-contents octets (X.690 §8.1.5).
fn length_to_end_of_contents(bytes: &[u8], depth: usize) -> Result<usize, NotBer> {
    let depth = depth.checked_sub(1).ok_or(NotBer)?;
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).ok_or(NotBer)?;
        if rest.starts_with(&[0, 0]) {
            return Ok(at);
        }
        at += element_at(rest, depth)?.raw.len();
    }
}

/// Tag, length (none when indefinite) and size of the identifier and length octets.
fn header_of(bytes: &[u8]) -> Result<(u8, Option<usize>, usize), NotBer> {
    let (&tag, &first) = (bytes.first().ok_or(NotBer)?, bytes.get(1).ok_or(NotBer)?);
    if tag & 0x1F == 0x1F {
        return Err(NotBer);
    }
    match first {
        0..=0x7F => Ok((tag, Some(usize::from(first)), 2)),
        0x80 if tag::is_constructed(tag) => Ok((tag, None, 2)),
        0x81..=0x88 => {
            let header = 2 + usize::from(first & 0x7F);
            let length = bytes
                .get(2..header)
                .ok_or(NotBer)?
                .iter()
                .fold(0u64, |length, &octet| (length << 8) | u64::from(octet));
            Ok((tag, Some(usize::try_from(length).map_err(|_| NotBer)?), header))
        }
        _ => Err(NotBer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indefinite_string_in_segments_reads_like_a_whole_one() {
        let segmented = [0x24, 0x80, 0x04, 0x02, b'a', b'b', 0x24, 0x03, 0x04, 0x01, b'c', 0x00, 0x00];
        let whole = [0x04, 0x03, b'a', b'b', b'c'];
        assert_eq!(Reader::new(&segmented).octet_string().unwrap(), b"abc");
        assert_eq!(Reader::new(&whole).octet_string().unwrap(), b"abc");
        assert_eq!(Reader::new(&segmented).next().unwrap().to_der().unwrap(), whole);
    }

    #[test]
    fn what_is_cut_off_or_nested_without_end_is_refused() {
        assert!(Reader::new(&[0x30, 0x80, 0x04, 0x01, b'a']).next().is_err());
        assert!(Reader::new(&[0x30, 0x05, 0x04]).next().is_err());
        assert!(Reader::new(&[0x30, 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]).next().is_err());
        let deep: Vec<u8> = [0x30, 0x80].repeat(100_000);
        assert!(Reader::new(&deep).next().is_err());
    }

    #[test]
    fn object_identifiers_are_told_as_dotted_numbers() {
        assert_eq!(
            dotted(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]).unwrap(),
            "1.2.840.113549.1.7.2"
        );
        assert!(dotted(&[]).is_err());
        assert!(dotted(&[0x2A, 0x86]).is_err());
    }
}
