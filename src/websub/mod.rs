//! The rules of WebSub (W3C Recommendation of 23 January 2018): what its messages say, how they are signed, how long things take. Pure: nothing is
//! sent here, and no secret made.

pub mod form;
pub mod rules;
pub mod signature;
