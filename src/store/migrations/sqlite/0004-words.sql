-- What entries are found by: the words that the program made of their headline and their text, a space between (`entry` is the row's number). Only
-- the index is kept, no text: what is found is read from `entry`. How far the entries from before this are in it is the fact `search-index`.
CREATE VIRTUAL TABLE entry_words USING fts5 (
    title, text,
    content = '', contentless_delete = 1,
    tokenize = 'ascii' -- the words are folded already; every character that is not ASCII is part of one
);
