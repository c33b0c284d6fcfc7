package io.linkspan.api;

import java.util.List;

/**
 * One page of a listing of groups.
 *
 * @param groups in the order of their names
 * @param next cursor of the next page; null when this is the last one
 */
public record GroupPage(List<GroupInfo> groups, String next) {

  public GroupPage {
    groups = List.copyOf(groups);
  }
}
