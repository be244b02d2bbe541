namespace ButlerRpc.Codec.Tests;

/// <summary>Messages of peers that know fewer members, or more.</summary>
sealed class VersioningTests
{
    [Test]
    public void Members_that_were_not_sent_keep_the_defaults_of_their_type()
    {
        var settings = Wire.Decode<Settings>(Convert.FromHexString("91A16E"));
        Assert.That((settings.Name, settings.Retries, settings.Colour, settings.Region), Is.EqualTo(("n", 3, Colour.Red, "eu")));
        Assert.That(settings.Tags, Is.EqualTo(new[] { "default" }));
    }

    [Test]
    public void What_was_sent_wins_over_the_default_of_the_type()
    {
        var settings = Wire.Decode<Settings>(Convert.FromHexString("93A16E0590"));
        Assert.That((settings.Retries, settings.Region), Is.EqualTo((5, "eu")));
        Assert.That(settings.Tags, Is.Empty);
    }

    [Test]
    public void A_constructor_parameter_that_was_not_sent_has_its_default()
    {
        var animal = Wire.Decode<Animal>(Convert.FromHexString("91A3526578"));
        Assert.That((animal.Name, animal.Legs, animal.Owner), Is.EqualTo(("Rex", 4, (string?)null)));
    }

    [Test]
    public void Members_that_are_not_known_are_stepped_over() =>
        Assert.That(Wire.Decode<Address>(Convert.FromHexString("94A161A16292C0810102C7010500")), Is.EqualTo(new Address("a", "b")));

    [Test]
    public void A_retired_index_is_stepped_over_whatever_it_holds()
    {
        var point = Wire.Decode<Point3>(Convert.FromHexString("9301" + "92A16101" + "02"));
        Assert.That((point.X, point.Z), Is.EqualTo((1, 2)));
    }

    [Test]
    public void A_member_that_cannot_be_missing_is_an_error_that_names_it() =>
        Assert.That(() => Wire.Decode<Address>(Convert.FromHexString("91A161")), Throws.InstanceOf<ButlerException>().With.Message.EqualTo("Address.City: is missing"));

    [Test]
    public void A_required_member_that_is_missing_is_an_error_that_names_it() =>
        Assert.That(() => Wire.Decode<Settings>(Convert.FromHexString("90")), Throws.InstanceOf<ButlerException>().With.Message.EqualTo("Settings.Name: is missing"));

    [Test]
    public void A_map_message_reads_its_keys_in_any_order_and_steps_over_others()
    {
        var mapped = Wire.Decode<Mapped>(Convert.FromHexString("83" + "A5436F756E7401" + "A16192C0C2" + "A44E616D65A16E"));
        Assert.That((mapped.Name, mapped.Count, mapped.Comment), Is.EqualTo(("n", 1, "none")));
        Assert.That(mapped.Numbers, Is.Empty);
    }

    [Test]
    public void A_map_message_without_a_key_that_it_needs_is_an_error_that_names_it() =>
        Assert.That(() => Wire.Decode<Mapped>(Convert.FromHexString("81A5436F756E7401")), Throws.InstanceOf<ButlerException>().With.Message.EqualTo("Mapped.Name: is missing"));
}
