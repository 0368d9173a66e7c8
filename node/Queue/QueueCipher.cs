using System.Buffers.Binary;
using System.Security.Cryptography;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Privacy;

namespace PmOrleans.Node.Queue;

/// <summary>
/// Touchpoints as rows of the queue, and back. The customer's own key is not known before the customer is loaded, so that all rows are under one key, made of the
/// store's secret: no file and no dump of the table alone shows an id. What a row says is gone with the row.
/// </summary>
internal sealed class QueueCipher(ReadOnlySpan<byte> secret)
{
    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret.ToArray(), PersonalCipher.KeySize, info: "pmorleans.queue"u8.ToArray());
    private readonly NodeHashes _hashes = new(secret);

    /// <param name="touchpoint">With a message id.</param>
    public QueuedRow Write(Touchpoint touchpoint, long nowMicros, ByteWriter scratch)
    {
        scratch.Clear();
        TouchpointCodec.Write(touchpoint, scratch);
        var body = new byte[scratch.Length + PersonalCipher.Overhead];
        PersonalCipher.Encrypt(_key, scratch.Written, body);
        var message = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(message, _hashes.Message.Hash64(touchpoint.MessageId!));
        return new QueuedRow(_hashes.Identity.Hash128(touchpoint.CustomerId), message, nowMicros, body);
    }

    /// <exception cref="CryptographicException">Damaged.</exception>
    /// <exception cref="CorruptDataException">Damaged, or of a later release.</exception>
    public Touchpoint Read(byte[] body) => body.Length < PersonalCipher.Overhead
        ? throw new CorruptDataException($"a row of the queue has {body.Length} bytes; it needs {PersonalCipher.Overhead}")
        : TouchpointCodec.Read(PersonalCipher.Decrypt(_key, body));
}
