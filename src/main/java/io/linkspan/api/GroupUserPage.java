package io.linkspan.api;

import java.util.List;

/**
 * One page of the users of a group.
 *
 * @param users in the order of their names
 * @param next cursor of the next page; null when this is the last one
 */
public record GroupUserPage(List<GroupUser> users, String next) {

  public GroupUserPage {
    users = List.copyOf(users);
  }
}
