package io.linkspan.upstream.http;

import io.linkspan.api.Message;
import io.vertx.core.buffer.Buffer;

/** Makes the parts of a streamed answer from the bytes of its body. */
interface AnswerParts {

  /** Adds bytes of the body. */
  void feed(Buffer bytes);

  /**
   * Returns the next part; null when more bytes are needed.
   *
   * @param complete whether the body has ended
   * @throws io.linkspan.api.MessageException when the answer ends here because of what it contains
   */
  Message poll(boolean complete);
}
