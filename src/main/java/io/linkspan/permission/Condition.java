package io.linkspan.permission;

/** Limits a rule to some clients. */
sealed interface Condition {

  boolean holds(Subject subject);

  /** The token has a claim that is this text, or has it as an entry or a word. */
  record Claim(String name, String has) implements Condition {
    @Override
    public boolean holds(Subject subject) {
      return subject.claimHas(name, has);
    }
  }

  /** The name of the user matches. */
  record User(Template name) implements Condition {
    @Override
    public boolean holds(Subject subject) {
      return name.matches(subject.user(), subject);
    }
  }

  /** The client has a name of its own, or the gateway made one up. */
  record Anonymous(boolean wanted) implements Condition {
    @Override
    public boolean holds(Subject subject) {
      return subject.isAnonymous() == wanted;
    }
  }
}
