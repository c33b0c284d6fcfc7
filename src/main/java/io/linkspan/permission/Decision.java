package io.linkspan.permission;

import java.util.function.BooleanSupplier;

/**
 * A decision and its reason.
 *
 * @param reason the rule, the capability or the default that decided
 */
public record Decision(Verdict verdict, String reason) {

  /** The outcomes. */
  public enum Verdict {
    ALLOWED,
    REFUSED,
    /** Allowed while the client is a member of the group. */
    ALLOWED_TO_MEMBERS
  }

  /** Returns whether the action is allowed to a client that is not a member of the group. */
  public boolean allows() {
    return verdict == Verdict.ALLOWED;
  }

  /**
   * Returns whether the action is allowed.
   *
   * @param isMember whether the client is a member of the group; asked only if that decides
   */
  public boolean allows(BooleanSupplier isMember) {
    return allows() || (verdict == Verdict.ALLOWED_TO_MEMBERS && isMember.getAsBoolean());
  }
}
