using System.Security.Cryptography;
using PmOrleans.Node.Privacy;

namespace PmOrleans.Node.Tests.Privacy;

/// <summary>A kept cipher writes what any reader of the key reads, whoever uses it at the same time, and goes when it must.</summary>
public sealed class KeptCiphersTests
{
    [Fact]
    public async Task what_threads_write_with_more_keys_than_there_are_places_is_read_with_each_key()
    {
        var kept = new KeptCiphers(sets: 2);
        var keys = Enumerable.Range(0, 40).Select(_ => PersonalCipher.NewKey()).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 5_000; i++)
            {
                var key = keys[random.Next(keys.Length)];
                byte[] plain = [(byte)thread, (byte)i, (byte)(i >> 8)];
                var cipher = new byte[plain.Length + PersonalCipher.Overhead];
                Assert.Equal(cipher.Length, kept.Encrypt(key, plain, cipher));
                Assert.Equal(plain, PersonalCipher.Decrypt(key, cipher));
            }
        })));
    }

    [Fact]
    public void a_forgotten_key_is_not_kept_though_the_customer_was_loaded_anew_since()
    {
        var kept = new KeptCiphers(sets: 1);
        var key = PersonalCipher.NewKey();
        kept.Encrypt(key, [1], new byte[1 + PersonalCipher.Overhead]);
        Assert.True(kept.Knows(key));

        kept.Forget([.. key]);

        Assert.False(kept.Knows(key));
    }

    [Fact]
    public void one_key_has_one_place_however_often_its_customer_is_loaded()
    {
        var kept = new KeptCiphers(sets: 1);
        var other = PersonalCipher.NewKey();
        kept.Encrypt(other, [1], new byte[1 + PersonalCipher.Overhead]);
        var key = RandomNumberGenerator.GetBytes(PersonalCipher.KeySize);

        for (var load = 0; load < 10; load++)
        {
            kept.Encrypt([.. key], [1], new byte[1 + PersonalCipher.Overhead]);
        }

        Assert.True(kept.Knows(other));
    }
}
