//! What a person can ask for: settings, activity, commands and the instance they run in.
