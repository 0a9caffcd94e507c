//! One conditional request.
