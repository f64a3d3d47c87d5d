//! Catalogues of the texts that people read, and the choice among languages.
