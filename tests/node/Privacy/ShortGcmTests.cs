using System.Security.Cryptography;
using PmOrleans.Node.Privacy;

namespace PmOrleans.Node.Tests.Privacy;

/// <summary>The platform's AES-GCM is the judge of ours; NIST's published vectors of both.</summary>
public sealed class ShortGcmTests
{
    /// <summary>Test cases 1 to 3 of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, which SP 800-38D refers to.</summary>
    [AesTheory]
    [InlineData("00000000000000000000000000000000", "000000000000000000000000", "", "", "58e2fccefa7e3061367f1d57a4e7455a")]
    [InlineData("00000000000000000000000000000000", "000000000000000000000000", "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf")]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
        "4d5c2af327cd64a62cf35abd2ba6fab4")]
    public void published_vectors_come_out(string key, string nonce, string plain, string cipher, string tag)
    {
        var (written, writtenTag) = Encrypt(Convert.FromHexString(key), Convert.FromHexString(nonce), Convert.FromHexString(plain));

        Assert.Equal(cipher, Convert.ToHexStringLower(written));
        Assert.Equal(tag, Convert.ToHexStringLower(writtenTag));
    }

    [AesFact]
    public void every_length_comes_out_as_the_platform_writes_it_and_is_read_back()
    {
        var random = new Random(11);
        foreach (var length in Enumerable.Range(0, 600).Concat([1000, 2047, 4080, ShortGcm.MostBytes]))
        {
            var (key, nonce, plain) = (Bytes(random, 16), Bytes(random, 12), Bytes(random, length));
            var (expected, expectedTag) = (new byte[length], new byte[16]);
            using var aes = new AesGcm(key, 16);
            aes.Encrypt(nonce, plain, expected, expectedTag);

            var (cipher, tag) = Encrypt(key, nonce, plain);
            var read = new byte[length];
            ShortGcm.Decrypt(key, nonce, cipher, tag, read);

            Assert.Equal(expected, cipher);
            Assert.Equal(expectedTag, tag);
            Assert.Equal(plain, read);
        }
    }

    [AesFact]
    public void a_bit_changed_anywhere_is_found_and_nothing_is_written()
    {
        var random = new Random(12);
        var (key, nonce, plain) = (Bytes(random, 16), Bytes(random, 12), Bytes(random, 53));
        var (cipher, tag) = Encrypt(key, nonce, plain);
        byte[][] parts = [key, nonce, cipher, tag];
        foreach (var part in parts)
        {
            for (var bit = 0; bit < part.Length * 8; bit++)
            {
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                var read = new byte[plain.Length];

                Assert.Throws<AuthenticationTagMismatchException>(() => ShortGcm.Decrypt(key, nonce, cipher, tag, read));
                Assert.All(read, value => Assert.Equal(0, value));
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(ShortGcm.MostBytes)]
    [InlineData(ShortGcm.MostBytes + 1)]
    public void a_personal_part_is_read_by_the_platform_alone_on_both_sides_of_the_bound(int length)
    {
        var plain = Bytes(new Random(13), length);
        var key = PersonalCipher.NewKey();
        var written = new byte[length + PersonalCipher.Overhead];
        PersonalCipher.Encrypt(key, plain, written);
        var kept = new byte[written.Length];
        PersonalCipher.Encrypt(new KeptCiphers(sets: 1), key, plain, kept);
        using var reader = new CustomerCipher(key);
        foreach (var part in new[] { written, kept })
        {
            var read = new byte[length];
            using var aes = new AesGcm(key, 16);
            aes.Decrypt(part.AsSpan(0, 12), part.AsSpan(PersonalCipher.Overhead), part.AsSpan(12, 16), read);

            Assert.Equal(plain, read);
            Assert.Equal(plain, PersonalCipher.Decrypt(key, part));
            Assert.Equal(plain, reader.Decrypt(part).ToArray());
        }
    }

    private static (byte[] Cipher, byte[] Tag) Encrypt(byte[] key, byte[] nonce, byte[] plain)
    {
        var (cipher, tag) = (new byte[plain.Length], new byte[16]);
        ShortGcm.Encrypt(key, nonce, plain, cipher, tag);
        return (cipher, tag);
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private sealed class AesFactAttribute : FactAttribute
    {
        public AesFactAttribute() => Skip = Lack;
    }

    private sealed class AesTheoryAttribute : TheoryAttribute
    {
        public AesTheoryAttribute() => Skip = Lack;
    }

    /// <summary>Elsewhere the platform's cipher does everything.</summary>
    private static string? Lack => ShortGcm.IsSupported ? null : "this processor has no instructions for AES";
}
