use super::*;

#[test]
fn local_endpoints_are_recognized() {
    let local = ["http://credentials.test:9911/x".to_owned()];
    let client = Client::new(None, &Proxies::default(), &local, None, ResponseLimits::default());
    for url in [
        "http://169.254.169.254/latest/api/token",
        "http://169.254.170.2/v2/credentials",
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::254]/latest",
        "http://[fd00:ec2::23]:80/v1",
        "http://[FD00:EC2:0::23]/v1",
        "http://127.0.0.1:5000",
        "https://127.1.2.3/x",
        "http://[::1]:4566/",
        "http://[::ffff:127.0.0.1]/",
        "http://LocalHost:1/x",
        "http://credentials.test:9911/x",
        "http://credentials.test.:9911/x",
        "http://localhost./",
        "http://web.LOCALHOST:80",
        "http://127.1:5000",
        "http://127.0.1",
        "http://0x7f.1/",
        "http://0177.0.0.01/",
        "http://2130706433/",
        "http://0X7F000001/",
        "http://0.0.0.0:1",
        "http://0",
        "http://[::]:1",
        "http://[::ffff:0.0.0.0]:1",
        "http://2852039166/latest",
    ] {
        assert!(client.is_local(url), "{url}");
    }
    for url in [
        "https://ec2.eu-west-1.amazonaws.com/",
        "http://169.254.169.253/",
        "http://10.0.0.1/",
        "http://localhost.example.com/",
        "http://127.0.0.1.example.com/",
        "http://example.com/127.0.0.1",
        "http://127.0.0.1@example.com/",
        "http://[2001:db8::1]/",
        "http://localhost.com/",
        "http://notlocalhost/",
        "http://10.1/",
        "http://128.1/",
        "http://256.1/",
        "http://127.0.0.256/",
        "http://127.0.0.0.1/",
        "http://127..1/",
        "http://+127.1/",
        "http://4294967296/",
        "http://",
    ] {
        assert!(!client.is_local(url), "{url}");
    }
}
