package io.linkspan.api;

import java.util.List;

/**
 * One page of the history of a group.
 *
 * @param messages in their order, each with the header {@link Headers#POSITION}
 * @param position of what follows the page
 * @param recovered whether nothing is missing of the part of the history that was asked for, as
 *     {@link Headers#RECOVERED}
 * @param more whether the history goes on behind the page
 */
public record HistoryPage(
    List<Message> messages, String position, boolean recovered, boolean more) {

  /** Messages of a page unless another number is given. */
  public static final int DEFAULT_LIMIT = 100;

  public HistoryPage {
    messages = List.copyOf(messages);
  }
}
