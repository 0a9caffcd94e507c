//! What is kept, in words of the model.
