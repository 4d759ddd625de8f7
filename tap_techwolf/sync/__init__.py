"""From pages to Singer messages: resumable passes, their state, catalogs and progress."""
