package io.linkspan.delivery;

/**
 * Keeps Messages beyond their delivery.
 *
 * @param users keeps Messages to users until they are acknowledged
 * @param groups keeps Messages to groups for members that come later
 */
public record Keeping(OfflineMessages users, GroupLog groups) {

  /** Keeps nothing. */
  public static final Keeping NONE = new Keeping(OfflineMessages.NONE, GroupLog.NONE);
}
